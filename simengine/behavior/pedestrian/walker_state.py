"""What a walker keeps in mind between two decisions: the columns of `pedestrian.People.mind` and `.choice`."""

# Columns of `mind`.
DESIRED_SPEED = 0  # [m/s]
KEEPS_RIGHT = 1  # place on the pavement, 1 at the right edge, −1 at the left
WILL_X, WILL_Y = 2, 3  # velocity asked for last [m/s]
PLACE = 4  # s on its pavement [m]
ABREAST = 5  # place across a crossing, −1 … 1
WAITED = 6  # at a curb, or for companions who are behind [s]
MAKES_ROOM = 7  # how much longer it, or its group, makes room for others [s]
SPACING = 8  # to the companions beside it [m]
BLOCKED = 9  # how long others have left it no way on [s]
MOST_ABREAST = 10  # side by side meanwhile
FREE_RIGHT, FREE_LEFT = 11, 12  # offsets between which middles of people stay meanwhile, from the pavement's [m]
MIND_COLUMNS = 13

# Columns of `choice`.
STRIP = 0  # pavement, −1 for none
DIRECTION = 1  # along the pavement's direction (1) or against it (−1)
PHASE = 2
CROSSING = 3  # the one wanted, 2 · crossing + end it is entered by
CONSIDERED = 4  # the crossing decided about last, or −1
COUNTER = 5  # decisions drawn
LEADER = 6  # actor who decides for the group: its first; oneself if alone
COMPANY = 7  # people in the group, who follow each other in the arrays; 1 if alone
CHOICE_COLUMNS = 8

# Phases.
ALONG, TO_CURB, ACROSS, STANDING = 0, 1, 2, 3
