package org.datar.edge

/** Takes the windows of a sound. */
fun interface WindowSink {
    /**
     * @param start position of the window's first sample in the sound.
     * @param samples of the window; the array is used again for the next one.
     * @param valid how many of them are sound; the rest are zeros after its end.
     */
    fun take(start: Long, samples: FloatArray, valid: Int)
}

/**
 * Cuts a sound that comes in pieces into windows; the pieces make no difference to the windows.
 *
 * Window k covers the samples from k·hop to k·hop + window. When the sound ends and samples remain
 * that no window has covered, one more window takes them, padded with zeros.
 *
 * @param window samples of one window.
 * @param hop samples from one window's start to the next's; more than [window] leaves gaps.
 */
class WindowCutter(private val window: Int, private val hop: Int, private val sink: WindowSink) {
    private val ring = SampleRing(window)
    private val samples = FloatArray(window)
    private var nextStart = 0L
    private var covered = 0L

    init {
        require(window >= 1 && hop >= 1) { "window ($window) and hop ($hop) must be 1 sample or more" }
    }

    /** Takes [count] samples and gives the windows that are complete with them. */
    fun push(block: FloatArray, offset: Int = 0, count: Int = block.size) {
        var taken = 0
        while (taken < count) {
            val missing = nextStart + window - ring.end
            val part = minOf(missing, (count - taken).toLong()).toInt()
            ring.write(block, offset + taken, part)
            taken += part
            if (part.toLong() == missing) complete()
        }
    }

    /** The sound has ended: gives the last, padded window if the end needs one. */
    fun finish() {
        val end = ring.end
        if (end <= maxOf(covered, nextStart)) return
        val valid = (end - nextStart).toInt()
        ring.copy(nextStart, valid, samples)
        samples.fill(0f, valid)
        covered = end
        sink.take(nextStart, samples, valid)
    }

    private fun complete() {
        val start = nextStart
        nextStart += hop
        covered = start + window
        ring.copy(start, window, samples)
        sink.take(start, samples, window)
    }
}
