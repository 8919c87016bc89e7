package org.datar.edge.demo.sound

/** A sound that is read from its start to its end, mixed down to mono. */
interface SoundReader : AutoCloseable {
    val sampleRateHz: Int

    /** Seconds of the whole sound, where the file says it. */
    val durationS: Double?

    /**
     * Fills the start of [target] and returns how many samples it holds now, at least 1, or -1 at the end.
     *
     * @throws SoundFileException the file is damaged
     */
    fun read(target: FloatArray): Int
}

/** A file that is no sound, or none that can be read here. */
class SoundFileException(message: String, cause: Throwable? = null) : Exception(message, cause)
