"""What is asked of walkers from tick to tick: people and animals change their mind evenly, not all at once.

Decisions are made once a control step. Legs take up a demanded velocity with a lag (`feet.strides`), so a demand
that jumped at every decision would kick the body at the step's first tick and let go until the next: a sawtooth at the
rate of the control steps, in acceleration and yaw rate, that no body with mass has and that states recorded once a
control step show only the low end of. Between two decisions the demand therefore goes evenly from the one to the other.
"""

import numpy as np
from numpy.typing import NDArray

from simengine.core.state import ActorTable, Controls, Mobility, WorldState


def asked_before(asked: NDArray[np.float64], before: WorldState, state: WorldState) -> NDArray[np.float64]:
    """Return the velocities from which the demands of a control step begin [m/s]. Shape (num_envs, num_actors, 2).

    Args:
        asked: At the end of the control step before. Shape (num_envs, num_actors, 2).
        before: The state that this step led to.
        state: The same with whoever has appeared since, or is no longer replayed: they go on as they move.
    """
    appeared = state.valid & (~before.valid | before.replayed)
    return np.where(appeared[..., None], state.velocity[..., :2], asked)


def ramped_demands(actors: ActorTable, asked: NDArray[np.float64], controls: Controls, share: float) -> Controls:
    """Return the controls of a tick: walkers have come this far from what was asked before to what is asked now.

    Args:
        actors: Who walks.
        asked: Of everybody before [m/s]. Shape (num_envs, num_actors, 2).
        controls: Decided for the control step.
        share: Of the control step that is over at the tick's end, in 0..1.
    """
    walks = (actors.mobility == Mobility.WALKER)[..., None]
    return controls._replace(velocity=np.where(walks, asked + (controls.velocity - asked) * share, controls.velocity))
