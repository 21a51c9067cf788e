"""Runs specifications: one in this process, or many on any executor of ``concurrent.futures``.

A run is pure: the specification decides the result, to the bit. So a batch may be interrupted, resumed, and spread over
any number of workers in any order.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.draws import replication_seed
from experiments.specification import RunSpec
from experiments.store import RunFolder, RunResult, reason, write_run

MONTHS = 12  # of a year
MOST_TRIES = 3  # a run whose worker died that often is given up
POLL_SECONDS = 0.25  # how often progress is asked for while runs go on
ONE_THREAD = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

Progress = Callable[[int], None]  # is told the months simulated so far by all runs of the batch


class WorkerDiedError(RuntimeError):
    """The process that a run was in ended before the run did, again and again."""


@dataclass(frozen=True, kw_only=True)
class RunFailure:
    """A run that failed.

    Parameters
    ----------
    spec : what was asked for
    error : what went wrong, in one line
    report : the traceback
    """

    spec: RunSpec
    error: str
    report: str


@dataclass(frozen=True, kw_only=True)
class BatchReport:
    """How a batch went.

    Parameters
    ----------
    finished : keys of the runs that finished now
    present : keys of the runs that had finished before
    failures : the runs that failed
    """

    finished: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    failures: tuple[RunFailure, ...] = ()


def run(spec: RunSpec, each_month: Callable[[], None] | None = None, threads: int = 1) -> RunResult:
    """Return what one run gives.

    Parameters
    ----------
    spec : what to run
    each_month : called after each simulated month
    threads : over which a month is spread; what the run gives does not depend on it

    Raises
    ------
    ValueError
        If place, structure, hospital flow, a parameter or a held lever is unknown or out of bounds.
    """
    from model.economy import HealthEconomy

    seed = replication_seed(spec.seed, spec.replication)
    economy = HealthEconomy(
        place=spec.place,
        structure=_structure(spec),
        seed=seed,
        years=spec.years,
        scale=spec.scale,
        parameters=_parameters(spec),
        hold=dict(spec.hold) or None,
        settlement=spec.settlement,
        funding=spec.funding,
        hospital_flow=spec.hospital_flow,
        learning=spec.learning,
        threads=threads,
        interventions=spec.interventions,
        keep=[*(["people"] if spec.people else []), *(["groups"] if spec.groups else [])],
    )
    for _ in range(spec.years * MONTHS):
        economy.step()
        if each_month is not None:
            each_month()
    return RunResult(
        spec=spec,
        seed=seed,
        measures=economy.measures,
        ledger=economy.ledger.entries(),
        consequences=economy.ledger.consequences(),
        decisions=economy.decisions,
        notes=_notes(economy),
        more=_more_tables(spec, economy),
    )


def prepare(spec: RunSpec, threads: int = 1) -> None:
    """Compile, and build the starting state that runs like this one load, so that workers need not each do it.

    `threads` is as for :func:`run`.

    Raises
    ------
    ValueError
        As for :func:`run`.
    """
    from model.economy import prepare as prepare_economy

    prepare_economy(spec.place, spec.scale, _parameters(spec), threads)


def _structure(spec: RunSpec) -> Any:
    from model.structures import structure_with

    return structure_with(spec.structure, spec.facts) if spec.facts else spec.structure


def _more_tables(spec: RunSpec, economy: Any) -> dict[str, Any]:
    """Return the tables that only some runs have."""
    from model.outcomes import people_frame

    found = {}
    if spec.groups:
        found["groups"] = economy.by_group(*spec.groups)
    if spec.people:
        found["people"] = people_frame(economy.person_outcomes(), economy.place)
    if economy.script.given:
        found["trials"] = economy.script.trials()
    return found


def _parameters(spec: RunSpec) -> Any:
    from model.parameters import Parameters

    return Parameters().with_values(dict(spec.parameters)) if spec.parameters else None


def _notes(economy: Any) -> dict[str, Any]:
    from model.mechanisms import lacking

    parties = economy.ledger.parties
    return {
        "settlement": economy.settlement.describe(),
        "title": economy.place.title,
        "accounts": [
            {key: None if value != value else value for key, value in line._asdict().items()} for line in economy.account_lines
        ],
        "parties": {**{name: kind.name.lower() for name, kind in zip(parties.names, parties.kinds, strict=True)}, **dict.fromkeys(economy.ledger.boards, "board")},
        "interventions": economy.script.reached(),
        "by_council": economy.by_council,
        "lacking": [
            {"name": mechanism.name, "favours": mechanism.favours}
            for mechanism in lacking(economy.parameters, *economy.holders.patchwork.structures, learning=economy.learning is not None)
        ],
    }


def run_all(
    specs: Iterable[RunSpec],
    store: RunFolder,
    executor: Executor | int | None = None,
    progress: Progress | None = None,
    threads: int = 1,
) -> BatchReport:
    """Run what is not finished yet and write each run as it finishes.

    Parameters
    ----------
    specs : the runs
    store : where results go; what it already has is not run again
    executor : an executor of the caller's (who closes it), a number of processes to start here, or None to run in this
        process
    progress : told now and then how many months have been simulated; on an executor of the caller's after each run
    threads : of each run in this process; on several processes each run has one

    Returns
    -------
    BatchReport
        A run that failed is in it with its traceback; it never ends the batch.

    Raises
    ------
    FolderError
        If a result cannot be written. What was written before stays.
    """
    wanted = list(specs)
    present = tuple(spec.key for spec in wanted if store.has(spec.key))
    batch = _Batch(store=store, progress=progress)
    missing = [spec for spec in wanted if spec.key not in set(present)]
    try:
        if isinstance(executor, Executor):
            _run_on(executor, missing, batch)
        elif executor is None or executor == 1 or len(missing) < 2:
            _run_here(missing, batch, threads)
        else:
            _run_in_processes(missing, min(executor, len(missing)), batch)
    finally:
        store.clean()
    order = {spec.key: number for number, spec in enumerate(wanted)}
    return BatchReport(
        finished=tuple(sorted(batch.finished, key=order.__getitem__)),
        present=present,
        failures=tuple(sorted(batch.failures, key=lambda failure: order[failure.spec.key])),
    )


@dataclass(kw_only=True)
class _Batch:
    """What has happened so far."""

    store: RunFolder
    progress: Progress | None = None
    finished: list[str] = field(default_factory=list)
    failures: list[RunFailure] = field(default_factory=list)
    months: int = 0

    def take(self, outcome: _Outcome) -> None:
        if outcome.unwritable is not None:
            with self.store.writing():
                raise outcome.unwritable
        if outcome.failure is None:
            self.finished.append(outcome.key)
            self.store.forget_failure(outcome.key)
        else:
            self.failures.append(outcome.failure)
            self.store.write_failure(outcome.key, outcome.failure.report)

    def tell(self, months: int) -> None:
        if self.progress is not None and months > self.months:
            self.months = months
            self.progress(months)


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """What a worker hands back; the tables themselves are on disk by then."""

    key: str
    failure: RunFailure | None = None
    unwritable: OSError | None = None


def run_and_write(spec: RunSpec, folder: Path, each_month: Callable[[], None] | None = None, threads: int = 1) -> _Outcome:
    """Run one specification and write its tables; this is what a worker does.

    An exception of the run becomes a record. One of writing is handed back, since the next run would meet it too.
    """
    try:
        result = run(spec, each_month or _count_month, threads)
    except Exception as error:  # whatever it is, the batch must outlive it
        return _Outcome(key=spec.key, failure=_failure(spec, error))
    try:
        write_run(folder, result)
    except OSError as error:
        return _Outcome(key=spec.key, unwritable=OSError(error.errno, reason(error)))
    return _Outcome(key=spec.key)


def _failure(spec: RunSpec, error: BaseException) -> RunFailure:
    words = " ".join(str(error).split()) or type(error).__name__
    return RunFailure(
        spec=spec,
        error=f"{spec.structure}, replication {spec.replication}: {type(error).__name__}: {words}",
        report="".join(traceback.format_exception(error)),
    )


def _run_here(specs: list[RunSpec], batch: _Batch, threads: int) -> None:
    months = 0

    def each_month() -> None:
        nonlocal months
        months += 1
        batch.tell(months)

    for number, spec in enumerate(specs, start=1):
        batch.take(run_and_write(spec, batch.store.folder, each_month, threads))
        months = sum(s.years for s in specs[:number]) * MONTHS  # a failed run stopped short
        batch.tell(months)


def _run_on(executor: Executor, specs: list[RunSpec], batch: _Batch) -> None:
    futures = {executor.submit(run_and_write, spec, batch.store.folder): spec for spec in specs}
    months = 0
    try:
        for future in as_completed(futures):
            spec = futures[future]
            try:
                outcome = future.result()
            except Exception as error:  # the executor lost the run; a closed pool cannot be rebuilt from here
                outcome = _Outcome(key=spec.key, failure=_failure(spec, error))
            batch.take(outcome)
            months += spec.years * MONTHS
            batch.tell(months)
    finally:
        for future in futures:
            future.cancel()


@dataclass(kw_only=True)
class _Queue:
    """What is still to run on processes of our own.

    No more runs are handed over than there are workers, so that a worker's death can be laid to those alone; they are
    then tried again one by one, which tells the guilty from those that were merely beside it.
    """

    waiting: deque[RunSpec]
    suspects: deque[RunSpec] = field(default_factory=deque)
    flying: dict[Future[_Outcome], RunSpec] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.waiting or self.suspects or self.flying)

    def next_runs(self, workers: int) -> Iterator[RunSpec]:
        """Yield what may be handed over now."""
        while self.suspects or self.waiting:
            suspected = self.suspects or any(self.tries[spec.key] for spec in self.flying.values())
            if len(self.flying) >= (1 if suspected else workers):
                return
            yield (self.suspects or self.waiting).popleft()

    def after_death(self, store: RunFolder) -> Iterator[_Outcome]:
        """Put back what was flying when a worker died; yield what is finished after all or is given up."""
        for spec in self.flying.values():
            self.tries[spec.key] += 1
            if store.has(spec.key):
                yield _Outcome(key=spec.key)
            elif self.tries[spec.key] < MOST_TRIES:
                self.suspects.append(spec)
            else:
                error = WorkerDiedError(f"its process was killed {MOST_TRIES} times, perhaps for want of memory")
                yield _Outcome(key=spec.key, failure=_failure(spec, error))
        self.flying.clear()


def _run_in_processes(specs: list[RunSpec], workers: int, batch: _Batch) -> None:
    queue = _Queue(waiting=deque(specs))
    while queue:
        with _pool(workers) as pool:
            try:
                _drain(queue, pool, batch)
            except BrokenProcessPool:
                for outcome in queue.after_death(batch.store):
                    batch.take(outcome)


def _drain(queue: _Queue, pool: _Pool, batch: _Batch) -> None:
    before = batch.months
    while queue:
        for spec in queue.next_runs(pool.workers):
            queue.flying[pool.submit(run_and_write, spec, batch.store.folder)] = spec
        with contextlib.suppress(TimeoutError):  # nothing finished yet: only look at the progress
            future = next(as_completed(queue.flying, timeout=POLL_SECONDS))
            outcome = future.result()
            del queue.flying[future]
            batch.take(outcome)
        batch.tell(before + pool.months())


@dataclass(kw_only=True)
class _Pool:
    """Processes of ours, and the counter in which they report simulated months."""

    executor: ProcessPoolExecutor
    counter: Any
    workers: int

    def submit(self, function: Callable[..., _Outcome], *arguments: Any) -> Future[_Outcome]:
        # A worker that starts now inherits this, so that a Ctrl-C meant for the parent never prints its traceback.
        with _deaf_to_interrupts():
            return self.executor.submit(function, *arguments)

    def months(self) -> int:
        """Return the months simulated; read past the lock, which a worker that was killed may hold for ever."""
        return int(self.counter.get_obj().value)


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[_Pool]:
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(counter,))
    with _one_thread_each():
        try:
            yield _Pool(executor=executor, counter=counter, workers=workers)
        except BaseException:
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
                child.join()
            raise
        finally:
            executor.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let worker processes start with one thread each; libraries read these variables when they are imported."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set this, and only it is interrupted
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_counter: Any = None  # of this worker process; None in any other


def _count_month() -> None:
    if _counter is not None:
        with _counter.get_lock():
            _counter.value += 1


def _start_worker(counter: Any) -> None:
    """Make this process a worker: it leaves interrupts to its parent, and ends when that is gone."""
    global _counter
    _counter = counter
    with contextlib.suppress(ValueError):  # not the main thread of this process
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
