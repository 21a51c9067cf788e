"""A sheet of pixels to draw moving pictures on, and the files they are written to.

There are few colours, each with its shades towards white, so that edges are soft and files small. Positions are in
units; a sheet may hold more or fewer pixels to the unit.
"""

from __future__ import annotations

import functools
import importlib.util
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
"""Shape (height, width): the index of each pixel's colour in the palette; 0 is white."""

SHADES = 7  # of each ink, from faint to full
SMALLEST = 10.0  # units, of letters that were made smaller to fit
MOST_INKS = 36  # so that white, all shades and a transparent colour fit the 256 of a GIF
FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"  # they ship with matplotlib: the same letters on every machine


@functools.lru_cache(maxsize=4096)
def _letters(words: str, size: int, bold: bool) -> tuple[NDArray[np.uint8], int]:
    """Return the coverage of words, 0 to 255, and how many rows of it stand above the base line."""
    font = _font(size, bold)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(words, anchor="ls"))
    image = Image.new("L", (max(right - min(left, 0), 1) + 1, max(bottom - top, 1)))
    ImageDraw.Draw(image).text((-min(left, 0), -top), words, fill=255, font=font, anchor="ls")
    return np.asarray(image), -top


@functools.lru_cache(maxsize=64)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(FONTS / name), size, layout_engine=ImageFont.Layout.BASIC)


class Sheet:
    """Pixels, and the inks they are drawn with.

    Parameters
    ----------
    width, height : units
    inks : colours such as ``#12436D``
    pixels_per_unit : how finely the sheet is drawn

    Attributes
    ----------
    pixels : what is drawn so far

    Raises
    ------
    ValueError
        If there are more inks than a palette holds.
    """

    def __init__(self, width: float, height: float, inks: Sequence[str], pixels_per_unit: float = 1.0) -> None:
        if len(inks) > MOST_INKS:
            raise ValueError(f"Sheet.inks must be at most {MOST_INKS}, got {len(inks)}")
        self.fine = pixels_per_unit
        self.inks = {ink: 1 + SHADES * number for number, ink in enumerate(dict.fromkeys(inks))}
        self.pixels: Pixels = np.zeros((self.at(height), self.at(width)), dtype=np.uint8)

    def at(self, units: float) -> int:
        """Return a position or length in pixels."""
        return round(units * self.fine)

    @property
    def palette(self) -> bytes:
        """Red, green and blue of each index."""
        colours = [255, 255, 255]
        for ink in self.inks:
            full = np.array([int(ink[at : at + 2], 16) for at in (1, 3, 5)])
            for shade in range(1, SHADES + 1):
                colours += [int(value) for value in np.round(255 + (full - 255) * shade / SHADES)]
        return bytes(colours)

    def shaded(self, coverage: NDArray[np.floating], ink: str) -> Pixels:
        """Return coverage, 0 to 1, as indices of an ink's shades."""
        shade = np.round(np.clip(coverage, 0.0, 1.0) * SHADES).astype(np.uint8)
        return np.where(shade > 0, shade + np.uint8(self.inks[ink] - 1), 0).astype(np.uint8)

    def stamp(self, x: int, y: int, pattern: Pixels) -> None:
        """Put a pattern down, its left upper corner at a pixel."""
        height, width = pattern.shape
        self.pixels[y : y + height, x : x + width] = pattern

    def box(self, x: float, y: float, width: float, height: float, ink: str, shade: float = 1.0) -> None:
        """Fill a rectangle."""
        index = self.shaded(np.array(shade), ink)
        self.pixels[self.at(y) : self.at(y + height), self.at(x) : self.at(x + width)] = index

    def frame(self, x: float, y: float, width: float, height: float, ink: str, shade: float = 1.0) -> None:
        """Draw the outline of a rectangle, a unit thick, inside its bounds."""
        for across in (
            (x, y, width, 1),
            (x, y + height - 1, width, 1),
            (x, y, 1, height),
            (x + width - 1, y, 1, height),
        ):
            self.box(*across, ink, shade)

    def words(
        self, x: float, y: float, words: str, size: float, ink: str, *, bold: bool = False, anchor: str = "left"
    ) -> None:
        """Write words on white.

        Parameters
        ----------
        x : of their left end, middle or right end, see `anchor`
        y : of the base line
        size : of the letters
        anchor : ``left``, ``middle`` or ``right``
        """
        if not words:
            return
        coverage, above = _letters(words, self.at(size), bold)
        pattern = self.shaded(coverage / 255.0, ink)
        back = {"left": 0.0, "middle": 0.5, "right": 1.0}[anchor]
        left, top = self.at(x) - round(back * pattern.shape[1]), self.at(y) - above
        spot = self.pixels[top : top + pattern.shape[0], left : left + pattern.shape[1]]
        np.copyto(spot, pattern, where=pattern > 0)

    def width_of(self, words: str, size: float, *, bold: bool = False) -> float:
        """Return how many units words take."""
        return _letters(words, self.at(size), bold)[0].shape[1] / self.fine if words else 0.0

    def fitted(self, words: str, size: float, room: float, *, bold: bool = False) -> tuple[str, float]:
        """Return words and a size, at most `size`, that take no more than the room; cut short if they must be."""
        while size > SMALLEST and self.width_of(words, size, bold=bold) > room:
            size -= 0.5
        whole = words
        while words and self.width_of(words, size, bold=bold) > room:
            words = f"{words.rstrip('…')[:-1].rstrip()}…" if words != "…" else ""
        return words or whole[:1], size

    # Patterns: squares and dots of so many pixels

    @functools.lru_cache(maxsize=256)  # noqa: B019 - a sheet lives as long as its patterns
    def square(self, pixels: int, ink: str, kind: str = "full") -> Pixels:
        """Return a square: ``full``, ``hollow`` (a thick edge), ``outline`` (a thin one), ``faint`` or ``holed``."""
        coverage = np.ones((pixels, pixels))
        if kind == "outline":
            coverage *= 0.6
        edge = 1 if kind == "outline" else max(round(pixels * 0.3), 1)
        if kind in ("hollow", "outline"):
            coverage[edge:-edge, edge:-edge] = 0.0
        elif kind == "holed":
            hole = max(pixels // 3, 1)
            begin = (pixels - hole) // 2
            coverage[begin : begin + hole, begin : begin + hole] = 0.0
        elif kind == "faint":
            coverage[:] = 0.3
        return self.shaded(coverage, ink)

    @functools.lru_cache(maxsize=256)  # noqa: B019
    def dot(self, pixels: int, ink: str, kind: str = "full") -> Pixels:
        """Return a dot: ``full`` or ``hollow``."""
        fine = 8  # points to a pixel each way
        at = (np.arange(pixels * fine) + 0.5) / fine - pixels / 2
        away = np.hypot(at[:, None], at[None, :])
        inside = away <= pixels / 2
        if kind == "hollow":
            inside &= away >= pixels / 2 - max(pixels * 0.2, 1.0)
        coverage = inside.reshape(pixels, fine, pixels, fine).mean(axis=(1, 3))
        return self.shaded(coverage, ink)


def pictures(frames: Iterable[Pixels], palette: bytes) -> Iterable[Image.Image]:
    """Return frames of one palette as images."""
    for frame in frames:
        image = Image.fromarray(frame, mode="P")
        image.putpalette(palette)
        yield image


def write_png(frame: Pixels, palette: bytes, file: Path) -> None:
    """Write one frame as a PNG.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    (image,) = pictures([frame], palette)
    image.save(file, format="PNG", optimize=True)


def write_gif(frames: Iterable[Pixels], palette: bytes, file: Path, frames_per_second: float) -> None:
    """Write frames as a GIF that begins again at its end.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    first, *others = pictures(frames, palette)
    hundredths = max(round(100 / frames_per_second), 2)  # a GIF counts in hundredths of a second
    first.save(
        file, format="GIF", save_all=True, append_images=others, duration=10 * hundredths, loop=0, optimize=True,
        disposal=1,  # a frame stands on the one before: only what changed is stored
    )  # fmt: skip


# Films that browsers and slides play: made by whichever encoder there is


class NoEncoderError(ValueError):
    """There is nothing to make an MP4 with; the message says what would do."""


def mp4_encoder() -> str:
    """Return which encoder of MP4 there is: ``ffmpeg`` or ``opencv``.

    Raises
    ------
    NoEncoderError
        If there is neither.
    """
    if shutil.which("ffmpeg"):
        return "ffmpeg"
    if importlib.util.find_spec("cv2"):
        return "opencv"
    raise NoEncoderError("an MP4 needs ffmpeg on the path, or the package opencv-python; a GIF needs neither")


def write_mp4(frames: Iterable[Pixels], palette: bytes, file: Path, frames_per_second: float) -> None:
    """Write frames as an MP4; odd sheets are given a white edge, since the format wants even ones.

    Raises
    ------
    NoEncoderError
        If there is nothing to make it with.
    OSError
        If the file cannot be written.
    """
    write = {"ffmpeg": _write_with_ffmpeg, "opencv": _write_with_opencv}[mp4_encoder()]
    colours = np.frombuffer(palette, dtype=np.uint8).reshape(-1, 3)
    write(
        (colours[np.pad(frame, [(0, side % 2) for side in frame.shape])] for frame in frames), file, frames_per_second
    )


def _write_with_ffmpeg(frames: Iterable[NDArray[np.uint8]], file: Path, frames_per_second: float) -> None:
    frames = iter(frames)
    first = next(frames)
    height, width, _ = first.shape
    command = [
        "ffmpeg", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
        "-r", f"{frames_per_second:g}", "-i", "-", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4",
        str(file),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        try:
            for frame in (first, *frames):
                encoder.stdin.write(frame.tobytes())
        except BrokenPipeError:
            pass  # its own words are read below
        _, words = encoder.communicate()
    if encoder.returncode:
        last = words.decode(errors="replace").strip().splitlines()
        raise OSError(f"ffmpeg: {last[-1] if last else 'failed'}")


def _write_with_opencv(frames: Iterable[NDArray[np.uint8]], file: Path, frames_per_second: float) -> None:
    import cv2

    frames = iter(frames)
    first = next(frames)
    height, width, _ = first.shape
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"mp4v"), frames_per_second, (width, height))
    if not writer.isOpened():
        raise OSError(f"opencv cannot write to {file}")
    for frame in (first, *frames):
        writer.write(np.ascontiguousarray(frame[:, :, ::-1]))  # it wants blue first
    writer.release()
