package org.datar.edge

/**
 * Which window of a live sound comes next when inference may be slower than the sound.
 *
 * Windows start at whole hops, and the newest that is complete comes next. Sound that a window was
 * meant to cover, and that no taken window does, is dropped.
 *
 * @param window samples of one window.
 * @param hop samples between starts.
 */
internal class WindowSchedule(private val window: Int, private val hop: Int) {
    private var nextStart = 0L
    private var expected = 0L // the start after the last taken one
    private var covered = 0L

    /** Samples dropped before the last window that was taken. */
    var droppedSamples = 0L
        private set

    /** Start of the newest complete window; null if there is none that is new. */
    fun newest(end: Long): Long? =
        if (end < nextStart + window) null else (end - window) / hop * hop

    /** The window that starts there is scored. */
    fun take(start: Long) {
        droppedSamples += if (hop > window) (start - expected) / hop * window else maxOf(0L, start - covered)
        covered = start + window
        expected = start + hop
        nextStart = expected
    }

    /** The window that starts there cannot be had any more. */
    fun skip(start: Long) {
        nextStart = start + hop
    }

    /** Start of the last, padded window when the sound has ended; null if none is needed. */
    fun rest(end: Long): Long? = nextStart.takeIf { end > maxOf(covered, nextStart) }
}
