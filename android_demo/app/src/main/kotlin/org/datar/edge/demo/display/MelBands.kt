package org.datar.edge.demo.display

import kotlin.math.exp
import kotlin.math.ln

/**
 * Triangular bands, equally spaced on the mel scale, that sum up a power spectrum for display.
 *
 * @param bands how many; band 0 is the lowest
 * @param bins bins of the power spectrum, from 0 Hz to half the rate
 */
class MelBands(private val bands: Int, private val bins: Int, sampleRateHz: Int) {
    private val lowMel = mel(LOWEST_HZ)
    private val highMel = mel(sampleRateHz / 2.0)
    private val binHz = sampleRateHz / 2.0 / (bins - 1)
    private val weights = Array(bands) { band -> FloatArray(bins) { bin -> weight(band, bin) } }
    private val firstBin = IntArray(bands) { band -> weights[band].indexOfFirst { it > 0f } }
    private val lastBin = IntArray(bands) { band -> weights[band].indexOfLast { it > 0f } }

    /** Writes the weighted mean power of each band into [bandPower]. */
    fun sum(power: FloatArray, bandPower: FloatArray) {
        for (band in 0 until bands) {
            var sum = 0f
            for (bin in firstBin[band]..lastBin[band]) sum += weights[band][bin] * power[bin]
            bandPower[band] = sum
        }
    }

    /** Where a frequency lies among the bands, 0 at the bottom to 1 at the top. */
    fun heightOf(frequencyHz: Double): Float = ((mel(frequencyHz) - lowMel) / (highMel - lowMel)).toFloat()

    private fun edgeHz(index: Int): Double = hertz(lowMel + (highMel - lowMel) * index / (bands + 1))

    /** Narrow bands, which may hold no bin, take the one nearest to their centre. */
    private fun weight(band: Int, bin: Int): Float {
        val (low, centre, high) = listOf(edgeHz(band), edgeHz(band + 1), edgeHz(band + 2))
        if (bin == Math.round(centre / binHz).toInt()) return 1f
        val frequencyHz = bin * binHz
        val rising = (frequencyHz - low) / (centre - low)
        val falling = (high - frequencyHz) / (high - centre)
        return minOf(rising, falling).coerceAtLeast(0.0).toFloat()
    }

    private companion object {
        const val LOWEST_HZ = 50.0

        fun mel(frequencyHz: Double): Double = 1127.0 * ln(1.0 + frequencyHz / 700.0)

        fun hertz(mel: Double): Double = 700.0 * (exp(mel / 1127.0) - 1.0)
    }
}
