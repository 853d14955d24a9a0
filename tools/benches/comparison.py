"""The sensors' figures for people: a table with ratios and aims on the terminal, or one in Markdown for the docs."""

from collections.abc import Iterator, Sequence

from tools.benches.figure import describe, machine
from tools.benches.floor import Floor, floor_of
from tools.benches.sensing import OURS, SCALING_AIM, SCALING_STRETCH, Measured, aim_of, best_peer, ours
from tools.benches.triangles import TriangleScene
from tools.benches.views import Views
from tools.benches.workloads import CAMERA_ALL, WORKLOADS


def _outcome(value: float, at_least: float, stretch: float) -> str:
    if value >= stretch:
        return f"aim ≥ {at_least:.3g}×: reached, and the stretch of {stretch:.3g}× too"
    said = "reached" if value >= at_least else "NOT REACHED"
    return f"aim ≥ {at_least:.3g}×: {said}; stretch {stretch:.3g}×"


def _shares(value: float | None) -> str:
    return "–" if value is None else f"{100.0 * value:.3f} %"


def _in_order(found: Sequence[Measured]) -> Iterator[tuple[str, int, list[Measured]]]:
    """Yield each workload and number of threads with its measurements, the fastest first."""
    for workload in WORKLOADS:
        for threads in sorted({one.threads for one in found if one.workload == workload}):
            group = [one for one in found if (one.workload, one.threads) == (workload, threads)]
            yield workload, threads, sorted(group, key=lambda one: one.median)


def scene_line(scene: TriangleScene, views: Views) -> str:
    """Return what is seen and through what, in one line."""
    return (
        f"{len(scene.triangle):,} triangles, {len(scene.instance_class)} instances, {len(scene.cars)} cars; LiDAR "
        f"{views.channels} × {views.columns}, camera {views.width} × {views.height}"
    )


def table_lines(found: Sequence[Measured], scene: TriangleScene, views: Views) -> Iterator[str]:
    """Yield the table line by line, ratios and aims below each workload."""
    yield describe(machine())
    yield scene_line(scene, views)
    for workload, threads, group in _in_order(found):
        own = ours(found, workload, threads)
        yield f"{workload}, {threads} thread{'s' if threads > 1 else ''}"
        for one in group:
            ratio = "" if own is None or one is own else f"{one.median / own.median:7.2f}× ours"
            spread = f"{min(one.times):.1f}–{max(one.times):.1f}"
            line = f"  {one.subject:10} {one.median:9.2f} ms  {spread:15} agreement {_shares(one.agreement):>9} {ratio}"
            yield line.rstrip()
        if own is None:
            continue
        best, aim = best_peer(found, workload, threads), aim_of(workload, len(scene.triangle))
        if best is not None:
            yield f"  against the best peer, {best.subject}: {best.median / own.median:.2f}×"
        aimed = None if aim is None else best_peer(found, workload, threads, aim.peer)
        if aim is not None and aimed is not None and threads == 1:
            value = aimed.median / own.median
            yield f"  against {aimed.subject}: {value:.2f}× ({_outcome(value, aim.at_least, aim.stretch)})"
            if workload == CAMERA_ALL:
                longer = own.median / aimed.median
                yield f"  {longer:.2f}× the time that {aimed.subject} takes for RGB, depth and id alone"
    yield from scaling_lines(found)


def scaling_lines(found: Sequence[Measured]) -> Iterator[str]:
    """Yield how much faster ours is with more threads than with one, and whether its bits are the same."""
    for workload in WORKLOADS:
        one = ours(found, workload, 1)
        more = [item for item in found if item.workload == workload and item.subject == OURS and item.threads > 1]
        for other in more if one is not None else []:
            assert one is not None
            bits = "identical bits" if other.digest == one.digest else "DIFFERENT BITS"
            value = one.median / other.median
            said = f" ({_outcome(value, SCALING_AIM, SCALING_STRETCH)})" if other.threads == 2 else ""
            yield f"{workload}: {other.threads} threads are {value:.2f}× as fast as one{said}, {bits}"


def _floor_cells(floor: Floor) -> str:
    return f"{floor.megabytes:.1f} MB: {floor.memory_ms:.2f} | {floor.megaops:.0f} M: {floor.arithmetic_ms:.2f}"


def markdown_lines(found: Sequence[Measured], scene: TriangleScene, views: Views, command: str) -> Iterator[str]:
    """Yield the table for the docs: one row a workload and number of threads."""
    info = machine()
    yield f"`{command}`: {scene_line(scene, views)}; {info['processor']}, load {info['load']}."
    yield ""
    yield (
        "| workload | threads | simengine [ms] | agreement | best peer [ms] | its agreement | ratio | aim | "
        "floor, memory [ms] | floor, arithmetic [ms] |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---|---:|---:|"
    for workload, threads, _ in _in_order(found):
        own, aim = ours(found, workload, threads), aim_of(workload, len(scene.triangle))
        if own is None:
            continue
        peer = best_peer(found, workload, threads, aim.peer if aim is not None else None)
        cells = "– | – | –"
        if peer is not None:
            cells = f"{peer.subject} {peer.median:.1f} | {_shares(peer.agreement)} | {peer.median / own.median:.2f}×"
        said = "–"
        if aim is not None and peer is not None and threads == 1:
            said = f"≥ {aim.at_least:.2f}×: {'reached' if peer.median / own.median >= aim.at_least else 'not reached'}"
        yield (
            f"| {workload} | {threads} | {own.median:.1f} | {_shares(own.agreement)} | {cells} | {said} | "
            f"{_floor_cells(floor_of(workload, scene, views))} |"
        )
    scaling = list(scaling_lines(found))
    yield from ["", *(f"- {line}" for line in scaling)] if scaling else []
    yield ""
    yield "All subjects:"
    yield ""
    yield "| workload | threads | subject | median [ms] | fastest–slowest [ms] | agreement |"
    yield "|---|---:|---|---:|---:|---:|"
    for workload, threads, group in _in_order(found):
        for one in group:
            spread = f"{min(one.times):.1f}–{max(one.times):.1f}"
            yield (
                f"| {workload} | {threads} | {one.subject} | {one.median:.1f} | {spread} | {_shares(one.agreement)} |"
            )
