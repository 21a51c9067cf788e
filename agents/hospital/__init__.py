"""The hospital and the way in and out of it, day by day.

Import what is wanted from the file that holds it: this package stays bare, so that a rule loads no engine.
"""
