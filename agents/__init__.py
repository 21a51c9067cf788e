"""Who acts: people, GP consortia, councils, hospitals, the care market, boards, and how each decides.

Imports nothing from ``model`` or ``experiments``. Import what is wanted from the file that holds it: this package stays
bare, so that reading one rule loads no engine.
"""
