"""How fast and how small the app is, each number beside what it is compared to in the same run: ``make bench``.

Not collected by pytest: on a shared machine a time that fails a test says more about the neighbours than about the
code.
"""
