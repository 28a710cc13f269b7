"""Packs 26 circles into the unit square: rows of points, a few steps of a penalty method, then a repair."""

import math

ROWS = 4
INFLATE = 0.02
STEPS = 5
STEP = 0.02
COOLING = 0.95
PRESSURE = 2.0
GROWTH = 1.0
JITTER = 0.1
SEED = 1


def layout():
    """26 points in ROWS rows, shaken a little so that circles of a row differ."""
    state = SEED
    points = []
    for k in range(26):
        row = k * ROWS // 26
        first = -(-row * 26 // ROWS)
        last = -(-(row + 1) * 26 // ROWS)
        state = (state * 1103515245 + 12345) % 2147483648
        dx = (state / 2147483648 - 0.5) * JITTER
        state = (state * 1103515245 + 12345) % 2147483648
        dy = (state / 2147483648 - 0.5) * JITTER
        points.append([(k - first + 0.5) / (last - first) + dx, (row + 0.5) / ROWS + dy])
    return points


def relax(points):
    """Grow every radius and push circles apart where they overlap; both moves shrink with each step."""
    n = len(points)
    radii = [INFLATE] * n
    step = STEP
    for _ in range(STEPS):
        grow = [GROWTH] * n
        push = [[0.0, 0.0] for _ in range(n)]
        for i in range(n):
            xi, yi = points[i]
            ri = radii[i]
            for j in range(i):
                reach = ri + radii[j]
                dx = xi - points[j][0]
                if dx > reach or dx < -reach:
                    continue
                dy = yi - points[j][1]
                gap = math.sqrt(dx * dx + dy * dy) + 1e-9
                if gap < reach:
                    force = PRESSURE * (reach - gap) / reach
                    grow[i] -= force
                    grow[j] -= force
                    push[i][0] += force * dx / gap
                    push[i][1] += force * dy / gap
                    push[j][0] -= force * dx / gap
                    push[j][1] -= force * dy / gap
            for axis in (0, 1):
                low = ri - points[i][axis]
                high = ri + points[i][axis] - 1.0
                if low > 0.0:
                    push[i][axis] += PRESSURE * low / ri
                    grow[i] -= PRESSURE * low / ri
                if high > 0.0:
                    push[i][axis] -= PRESSURE * high / ri
                    grow[i] -= PRESSURE * high / ri
        for i in range(n):
            radii[i] = max(0.001, radii[i] + step * grow[i])
            points[i][0] = min(0.999, max(0.001, points[i][0] + step * push[i][0]))
            points[i][1] = min(0.999, max(0.001, points[i][1] + step * push[i][1]))
        step = step * COOLING
    return points, radii


def repair(points, radii):
    """Radii that fit: all scaled down together, then one after the other grown until it touches something."""
    n = len(points)
    room = [min(x, y, 1.0 - x, 1.0 - y) for x, y in points]
    gaps = [[math.hypot(a[0] - b[0], a[1] - b[1]) for b in points] for a in points]
    scale = 1.0
    for i in range(n):
        scale = min(scale, room[i] / radii[i])
        for j in range(i):
            scale = min(scale, gaps[i][j] / (radii[i] + radii[j]))
    radii = [radius * scale for radius in radii]
    for i in range(n):
        limit = room[i]
        for j in range(n):
            if j != i:
                limit = min(limit, gaps[i][j] - radii[j])
        radii[i] = max(0.0, limit)
    return radii


def pack():
    """26 rows [x, y, radius]."""
    points, radii = relax(layout())
    radii = repair(points, radii)
    return [[x, y, radius] for (x, y), radius in zip(points, radii)]
