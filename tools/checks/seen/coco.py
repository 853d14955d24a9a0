"""COCO's own evaluation of a COCO export, with its ground truth as the prediction: it has to give AP = 1."""

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.checks.table import Row


class Evaluation(NamedTuple):
    """What COCOeval says, and of how much."""

    average_precision: float
    average_recall: float
    annotations: int


def evaluate_truth(path: Path, kind: str, shift: float = 0.0, without: Sequence[int] = ()) -> Evaluation:
    """Evaluate an annotation file against itself.

    Args:
        path: An instances file.
        kind: "bbox" or "segm".
        shift: By which predicted boxes are moved to the right, to see that the evaluation notices [px].
        without: Ids of annotations that are not predicted.

    Raises:
        ImportError: pycocotools is not installed.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise ImportError('this check needs pycocotools: pip install "simengine[export]"') from None
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(path))
        results = []
        for annotation in truth.anns.values():
            if annotation["id"] in without:
                continue
            result = {"image_id": annotation["image_id"], "category_id": annotation["category_id"], "score": 0.9}
            if kind == "segm":
                result["segmentation"] = truth.annToRLE(annotation)
            else:
                x, y, w, h = annotation["bbox"]
                result["bbox"] = [x + shift, y, w, h]
            results.append(result)
        evaluation = COCOeval(truth, truth.loadRes(results), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return Evaluation(float(evaluation.stats[0]), float(evaluation.stats[8]), len(truth.anns))


def rows(path: Path) -> Iterator[Row]:
    """Yield what COCOeval says of boxes and masks."""
    for kind, name in (("bbox", "boxes"), ("segm", "masks")):
        found = evaluate_truth(path, kind)
        note = f"of {found.annotations} annotations; recall {found.average_recall:g}"
        yield Row(f"COCO AP of {name}, truth as prediction", found.average_precision, 1.0, "", at_least=True, note=note)
