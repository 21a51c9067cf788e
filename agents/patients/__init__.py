"""People: their record, what happens to them in a month, and their Mesa face.

Import what is wanted from the file that holds it: this package stays bare, so that a rule loads no engine.
"""
