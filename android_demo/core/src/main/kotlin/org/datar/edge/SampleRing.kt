package org.datar.edge

/**
 * The newest samples of an endless stream, in one piece of memory; positions count from its start.
 *
 * One thread may write while another copies. Neither allocates.
 *
 * @param capacity samples kept.
 */
class SampleRing(private val capacity: Int) {
    private val memory = FloatArray(capacity)
    private var written = 0L

    /** Samples written so far, which is the position of the next one. */
    val end: Long @Synchronized get() = written

    /** Appends [count] samples from [offset] on; the oldest give way. */
    @Synchronized
    fun write(samples: FloatArray, offset: Int = 0, count: Int = samples.size) {
        val kept = minOf(count, capacity)
        val from = offset + count - kept
        val at = ((written + count - kept) % capacity).toInt()
        val head = minOf(kept, capacity - at)
        samples.copyInto(memory, at, from, from + head)
        samples.copyInto(memory, 0, from + head, from + kept)
        written += count
    }

    /**
     * Copies [count] samples from position [start] on to the beginning of [into].
     *
     * @return false, with nothing copied, if they are not in the buffer, or not any more.
     */
    @Synchronized
    fun copy(start: Long, count: Int, into: FloatArray): Boolean {
        if (start < maxOf(0L, written - capacity) || start + count > written) return false
        val at = (start % capacity).toInt()
        val head = minOf(count, capacity - at)
        memory.copyInto(into, 0, at, at + head)
        memory.copyInto(into, head, 0, count - head)
        return true
    }
}
