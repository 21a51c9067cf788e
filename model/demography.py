"""Newcomers: people who turn 18 and people who move in. They are exogenous, the same under every structure."""

from __future__ import annotations

import numpy as np

from agents import draws
from agents.compiled import compiled
from agents.draws import draw
from agents.patients.record import QUINTILE_SHIFT
from agents.patients.starting import begin
from agents.vocabulary import YOUNGEST
from model.engine import Organisations, new_rows
from model.place import Place


class Newcomers:
    """Who comes to a place in each month.

    Parameters
    ----------
    place : the place; its counts of people who turn 18 and its net migration by age
    scale : share of the people that the run holds
    seed : of the people, not of the luck: replications share their newcomers
    """

    def __init__(self, place: Place, scale: float, seed: int) -> None:
        self.place, self.scale, self.seed = place, scale, np.uint64(seed)
        areas = place.small_areas
        self._adults = np.zeros((len(place.councils), len(areas)))
        counts = np.bincount(place.cells["small_area"], weights=place.cells["count"], minlength=len(areas))
        for council in range(len(place.councils)):
            inside = np.where(areas["council"] == council, counts, 0.0)
            self._adults[council] = np.cumsum(inside) / inside.sum()

    def arrivals(self, month: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return council, sex and age of each person who comes in this month, in a fixed order.

        Expected numbers are rounded so that their running total is never off by as much as one person a cell.
        """
        year = min(month // 12, len(self.place.turning_18) - 1)
        moving = np.maximum(self.place.net_migration, 0.0)
        yearly = np.concatenate([self.place.turning_18[year][:, :, None].astype(float), moving], axis=2) * self.scale
        offset = (np.arange(yearly.size) * 0.6180339887498949 % 1.0).reshape(yearly.shape)  # spreads the roundings over months
        part = month % 12
        number = np.floor(yearly * (part + 1) / 12.0 + offset) - np.floor(yearly * part / 12.0 + offset)
        council, sex, column = np.unravel_index(np.repeat(np.arange(yearly.size), number.reshape(-1).astype(int)), yearly.shape)
        age = np.where(column == 0, YOUNGEST, column - 1 + YOUNGEST)
        return council, sex, age

    def rows(self, month: int, first_row: int, tables: np.record, rules: np.record, known: Organisations, catchment: np.ndarray) -> np.ndarray:
        """Return records of this month's newcomers, who will stand from row `first_row` on."""
        council, sex, age = self.arrivals(month)
        n = len(council)
        padded = new_rows(n)
        if n == 0:
            return padded
        u_area, u_month = np.empty(n), np.empty(n)
        _uniforms(self.seed, first_row, month, u_area, u_month)
        area = np.zeros(n, dtype=np.int64)
        for c in range(len(self.place.councils)):
            mine = council == c
            area[mine] = np.searchsorted(self._adults[c], u_area[mine], side="right")
        area = np.minimum(area, len(self.place.small_areas) - 1)
        padded["small_area"] = area
        padded["council"] = council
        padded["consortium"] = self.place.small_areas["consortium"][area]
        padded["person"] = sex | (self.place.small_areas["quintile"][area] - 1) << QUINTILE_SHIFT
        months_old = age * 12 + np.where(age == YOUNGEST, 0, 1 + np.floor(u_month * 11.0)).astype(int)  # nobody moves in on a birthday
        padded["birth_month"] = month - months_old
        begin(padded, 0, n, month, tables, rules, known.consortia, first_row, self.seed, catchment)
        return padded


@compiled
def _uniforms(seed, first_row, month, u_area, u_month):
    """Draw small area and month of birth of newcomers by their row."""
    for k in range(len(u_area)):
        u_area[k] = draw(seed, first_row + k, month, 0, draws.NEWCOMER_AREA)
        u_month[k] = draw(seed, first_row + k, month, 0, draws.NEWCOMER_AGE)
