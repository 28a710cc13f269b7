"""A different program at every call: one operation first, garbage later."""

calls = 0


def program():
    global calls
    calls += 1
    if calls == 1:
        return [["mul", 0, 0.69], ["add", 1, 1.0]]
    return [["mul", 0, 3e38], ["mul", 1, 3e38]]
