"""Files that are well-formed and wrong: good ones with a small change, and checksums and hashes of their own."""
