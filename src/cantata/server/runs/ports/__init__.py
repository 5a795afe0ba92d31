"""What the core needs of the outside. Contract tests in `tests/contracts` hold for every implementation.

Frames are appended with the fence of their writer: an older epoch is refused with `Fenced`, another head with
`LogConflict`; an append that is already there, because its acknowledgement was lost, succeeds again.
"""
