"""A different program at every call: one operation that gets past the first stage, then garbage."""

calls = 0


def program():
    global calls
    calls += 1
    if calls == 1:
        return [["add", 0, 0.957]]
    return [["mul", 0, 3e38], ["mul", 1, 3e38]]
