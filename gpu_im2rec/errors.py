"""One error tree. Each class carries the exit code that the command line ends with.

A message names the file, the line or offset, the cause and the next step. Two more codes are those of results: 3 for a
run that could not pack every picture, 4 for a file in which `verify` found something wrong.
"""


class Im2recError(Exception):
    """Base of everything this package raises on purpose."""

    exit_code = 1


class UsageError(Im2recError):
    """Options that contradict each other or a value outside its range."""

    exit_code = 2


class ListError(Im2recError):
    """A list file that cannot be read, or a malformed line in one."""


class RecordError(Im2recError):
    """A .rec or .idx file that breaks the format, or a record that the format cannot hold."""


class OutputExistsError(Im2recError):
    """The output, or the unfinished output of another run, is already there."""


class OutputBusyError(OutputExistsError):
    """Another run is writing the output at this moment."""


class TooManyFailuresError(Im2recError):
    """More pictures failed than the error policy allows."""


class NothingPackedError(Im2recError):
    """Not one picture of the list could be packed."""


class DeviceError(Im2recError):
    """The device that was asked for cannot be used."""


class ResumeError(Im2recError):
    """An unfinished run that this one cannot go on with."""


class StorageError(Im2recError):
    """Pictures cannot be read any more, for a reason that is not theirs: their folder has gone, or the like."""


class StalledError(Im2recError):
    """A run that made no progress for too long; its threads may still be waiting."""


class Abandoned(KeyboardInterrupt):
    """Ctrl-C, and the run did not end soon; its threads may still be at work."""

    def __init__(self, exit_code: int = 130) -> None:
        super().__init__()
        self.exit_code = exit_code


class IsolationError(Im2recError):
    """A process that was to decode pictures could not be started."""


class ClusterError(Im2recError):
    """A cluster that cannot be reached, or that lost a piece of work too often."""
