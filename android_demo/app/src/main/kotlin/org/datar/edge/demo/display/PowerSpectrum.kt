package org.datar.edge.demo.display

import kotlin.math.PI
import kotlin.math.cos
import kotlin.math.sin

/**
 * The power spectrum of Hann-windowed real frames, for display only. Allocates nothing per frame.
 *
 * @param size samples of a frame, a power of two
 */
class PowerSpectrum(val size: Int) {
    private val window = FloatArray(size) { (0.5 - 0.5 * cos(2.0 * PI * it / size)).toFloat() }
    private val cosines = FloatArray(size / 2) { cos(2.0 * PI * it / size).toFloat() }
    private val sines = FloatArray(size / 2) { sin(2.0 * PI * it / size).toFloat() }
    private val order = IntArray(size)
    private val real = FloatArray(size)
    private val imaginary = FloatArray(size)

    init {
        require(size >= 2 && size and (size - 1) == 0) { "the frame has $size samples" }
        val bits = Integer.numberOfTrailingZeros(size)
        for (index in 0 until size) order[index] = Integer.reverse(index) ushr (32 - bits)
    }

    /**
     * Writes the power of bins 0 to `size / 2` of the frame into [power]; a full-scale sine gives
     * 1 in its bin.
     */
    fun compute(frame: FloatArray, power: FloatArray) {
        for (index in 0 until size) {
            real[order[index]] = frame[index] * window[index]
            imaginary[index] = 0f
        }
        var half = 1
        while (half < size) {
            combine(half)
            half *= 2
        }
        val scale = 16f / (size.toFloat() * size)
        for (bin in 0..size / 2) {
            power[bin] = scale * (real[bin] * real[bin] + imaginary[bin] * imaginary[bin])
        }
    }

    /** One stage of the Fourier transform: joins pairs of spectra of [half] bins. */
    private fun combine(half: Int) {
        val step = size / (2 * half)
        var start = 0 // Not a range with a step: that would be an object.
        while (start < size) {
            for (offset in 0 until half) butterfly(start + offset, half, offset * step)
            start += 2 * half
        }
    }

    private fun butterfly(low: Int, half: Int, turn: Int) {
        val high = low + half
        val re = real[high] * cosines[turn] + imaginary[high] * sines[turn]
        val im = imaginary[high] * cosines[turn] - real[high] * sines[turn]
        real[high] = real[low] - re
        imaginary[high] = imaginary[low] - im
        real[low] += re
        imaginary[low] += im
    }
}
