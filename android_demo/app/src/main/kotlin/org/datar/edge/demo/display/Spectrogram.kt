package org.datar.edge.demo.display

import kotlin.math.ln

/**
 * The last seconds of the sound as columns of colours, for display only: the model hears the waveform.
 *
 * One thread writes samples and another reads columns; writing allocates nothing.
 *
 * @property bands rows of the picture, the lowest frequency first
 * @property columns how many columns are kept
 */
class Spectrogram(val sampleRateHz: Int, val bands: Int = 72, val columns: Int = 360) {
    private val hopSamples = maxOf(1, sampleRateHz * HOP_MS / 1000)
    private val spectrum = PowerSpectrum(frameSize(sampleRateHz))
    private val mel = MelBands(bands, spectrum.size / 2 + 1, sampleRateHz)
    private val frame = FloatArray(spectrum.size)
    private var missing = spectrum.size
    private val power = FloatArray(spectrum.size / 2 + 1)
    private val levels = FloatArray(bands)
    private val colours = IntArray(columns * bands)
    private var peakDb = LEAST_PEAK_DB

    /** Columns written since the start. */
    @Volatile
    var end = 0L
        private set

    /** Seconds that all columns span. */
    val spanS: Float get() = columns * hopSamples / sampleRateHz.toFloat()

    /** Where a frequency lies, 0 at the bottom to 1 at the top. */
    fun heightOf(frequencyHz: Double): Float = mel.heightOf(frequencyHz)

    /** Takes the first [count] of [samples]; any length makes the same picture. */
    fun write(samples: FloatArray, count: Int) {
        var taken = 0
        while (taken < count) {
            val part = minOf(missing, count - taken)
            System.arraycopy(samples, taken, frame, frame.size - missing, part)
            taken += part
            missing -= part
            if (missing == 0) addColumn()
        }
    }

    /**
     * Copies column [index] into the start of [target], the highest frequency first.
     *
     * @return false, with nothing copied, if it is not kept any more, or not there yet
     */
    @Synchronized
    fun copyColumn(index: Long, target: IntArray): Boolean {
        if (index < maxOf(0L, end - columns) || index >= end) return false
        System.arraycopy(colours, (index % columns).toInt() * bands, target, 0, bands)
        return true
    }

    private fun addColumn() {
        spectrum.compute(frame, power)
        mel.sum(power, levels)
        draw()
        System.arraycopy(frame, hopSamples, frame, 0, frame.size - hopSamples)
        missing = hopSamples
    }

    @Synchronized
    private fun draw() {
        var loudestDb = LEAST_PEAK_DB
        for (band in 0 until bands) {
            levels[band] = DB_PER_NEPER * ln(levels[band] + LEAST_POWER)
            loudestDb = maxOf(loudestDb, levels[band])
        }
        // The brightest colour follows the loudest sound, so that quiet microphones show a picture too.
        peakDb = maxOf(loudestDb, peakDb - PEAK_DECAY_DB)
        val start = (end % columns).toInt() * bands
        for (band in 0 until bands) {
            val level = 1f + (levels[band] - peakDb) / RANGE_DB
            colours[start + bands - 1 - band] = ColourMap.colour(level)
        }
        end += 1
    }

    private companion object {
        const val HOP_MS = 16
        const val FRAME_MS = 32
        const val RANGE_DB = 70f
        const val LEAST_PEAK_DB = -50f
        const val PEAK_DECAY_DB = 0.03f
        const val LEAST_POWER = 1e-12f
        const val DB_PER_NEPER = 4.3429448f

        fun frameSize(sampleRateHz: Int): Int =
            Integer.highestOneBit(maxOf(2, sampleRateHz * FRAME_MS / 1000 * 2 - 1))
    }
}
