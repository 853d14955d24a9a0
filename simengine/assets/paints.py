"""The colors of cars."""

# Paints and their shares of new cars, about as BASF's 2023 color report for Europe has them; linear RGB.
PAINTS = (
    (0.25, (0.80, 0.80, 0.78)), (0.22, (0.012, 0.012, 0.014)), (0.25, (0.16, 0.165, 0.17)), (0.10, (0.42, 0.43, 0.44)),
    (0.10, (0.02, 0.06, 0.25)), (0.05, (0.35, 0.015, 0.02)), (0.03, (0.03, 0.12, 0.06)),
)  # fmt: skip
