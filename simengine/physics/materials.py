"""What loads and people are like against the ground: friction and restitution, the same in both physics.

Friction of cardboard and clothed people on dry asphalt is about 0.66 (Searle, "The trajectories of pedestrians…", SAE
831622); on other ground it goes with the weather's friction. Restitution of a pair is the product of the two.
"""

from simengine.core.surface_friction import ASPHALT

SLIDING_FRICTION = 0.66  # on a dry road, of what lies on it and of people
SLIDING_SHARE = SLIDING_FRICTION / ASPHALT.dry_sliding  # of the sliding friction of surface and weather
LOAD_RESTITUTION, GROUND_RESTITUTION = 0.2, 0.3
