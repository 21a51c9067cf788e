"""Whose residents use whose care homes: placements across council boundaries.

No table says in which council's area another council's residents are placed. The matrix is therefore an assumption: each
council makes a stated share of its placements in the markets of its neighbours, in proportion to their places and to how
near they are, and councils are near whose people use the same hospitals and belong to the same consortia.

At rest every council's places are taken to be those that its residents use, wherever they stand, so that these flows
cancel; what the matrix decides is who gains and who loses when fees move a market away from rest. Home care stays local.
"""

from __future__ import annotations

import numpy as np

from agents.vocabulary import Party
from model.holders import people_shared
from model.place import Place
from model.place_fitting import FloatArray


def working_age(place: Place) -> FloatArray:
    """Return the people of 18 to 64 who live in each council's area, shape (n_councils,)."""
    cells = place.cells[place.cells["age"] < 65]
    where = place.small_areas["council"][cells["small_area"]]
    return np.bincount(where, weights=cells["count"], minlength=len(place.councils))


def nearness(place: Place) -> FloatArray:
    """Return how near councils are to each other, shape (n_councils, n_councils): 0 for strangers, and of each to itself.

    The chance that a resident of each use the same hospital, and that they belong to the same consortium, added up.
    """
    people = people_shared(place)[Party.COUNCIL, Party.CONSORTIUM]
    of_council = people / np.maximum(people.sum(axis=1, keepdims=True), 1.0)
    near = np.einsum("ch,dh->cd", place.catchment, place.catchment) + np.einsum("ck,dk->cd", of_council, of_council)
    np.fill_diagonal(near, 0.0)
    return near


def placements(near: FloatArray, places: FloatArray, across: float) -> FloatArray:
    """Return the share of each council's placements that is made in each market, shape (n_councils, n_markets); rows add up to 1.

    Parameters
    ----------
    near : shape (n_councils, n_councils), see :func:`nearness`
    places : shape (n_councils,), of each market
    across : share of placements made in the markets of neighbours; a council without any places its people at home

    Examples
    --------
    >>> placements(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([300.0, 100.0]), 0.2).tolist()
    [[0.8, 0.2], [0.2, 0.8]]
    """
    weight = near * places
    total = weight.sum(axis=1, keepdims=True)
    outside = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0) * across
    return outside + np.diag(1.0 - outside.sum(axis=1))


def users(shares: FloatArray, residents: FloatArray) -> FloatArray:
    """Return the share of each market's residents that belong to each council, shape (n_markets, n_councils); rows add up to 1.

    Parameters
    ----------
    shares : see :func:`placements`
    residents : shape (n_councils,), of each council, wherever they live
    """
    used = shares.T * residents
    return used / np.maximum(used.sum(axis=1, keepdims=True), 1e-300)


def paid_elsewhere(used: FloatArray, brought: FloatArray, open_to: FloatArray) -> FloatArray:
    """Return the share of each council's residents in places that fees have brought in another's market.

    Parameters
    ----------
    used : shape (n_markets, n_councils), see :func:`users`
    brought : shape (n_markets,), places that fees have brought in each market
    open_to : shape (n_councils,), places open to the residents of each council

    Returns
    -------
    ndarray, shape (n_councils, n_markets)
        With a diagonal of zeros: what is left is paid to the council's own market.
    """
    found = np.maximum(used * brought[:, None], 0.0).T
    np.fill_diagonal(found, 0.0)
    return found / np.maximum(np.maximum(open_to, found.sum(axis=1)), 1e-300)[:, None]
