package org.datar.edge.demo.sound

import kotlin.math.PI
import kotlin.math.ceil
import kotlin.math.cos
import kotlin.math.sin

/**
 * Changes the rate of a mono stream that comes in pieces; the pieces make no difference.
 *
 * Band-limited interpolation by a sinc under a Blackman window, with one row of weights for each
 * position that an output sample can have between two input samples.
 */
class Resampler(fromHz: Int, toHz: Int) {
    private val divisor = greatestCommonDivisor(fromHz, toHz)
    private val up = toHz / divisor
    private val down = fromHz / divisor
    private val cutoff = PASSED_SHARE * minOf(1.0, up.toDouble() / down)
    private val reach = if (up == down) 0 else ceil(ZERO_CROSSINGS / cutoff).toInt()
    private val taps = 2 * reach + 1
    private val weights = Array(up) { phase -> weightsOf(phase) }

    /** Input from sample [firstHeld] on; the zeros before the sound let its first samples out. */
    private var held = FloatArray(taps + INPUT_BLOCK)
    private var heldCount = reach
    private var firstHeld = -reach.toLong()
    private var nextOutput = 0L

    /** Takes the first [count] of [samples] and passes on the samples that are certain by now. */
    fun push(samples: FloatArray, count: Int, sink: SampleSink) {
        append(samples, count)
        emit(sink, Long.MAX_VALUE)
    }

    /** The sound ends here: passes on what was held back. */
    fun finish(sink: SampleSink) {
        val inputs = firstHeld + heldCount
        append(FloatArray(taps), taps)
        emit(sink, (inputs * up + down - 1) / down)
    }

    private fun append(samples: FloatArray, count: Int) {
        if (heldCount + count > held.size) held = held.copyOf(heldCount + count + INPUT_BLOCK)
        System.arraycopy(samples, 0, held, heldCount, count)
        heldCount += count
    }

    private fun emit(sink: SampleSink, limit: Long) {
        val output = FloatArray(OUTPUT_BLOCK)
        var filled = 0
        while (nextOutput < limit && centre() + reach < firstHeld + heldCount) {
            output[filled++] = interpolate()
            nextOutput += 1
            if (filled == output.size) {
                sink.accept(output, filled)
                filled = 0
            }
        }
        if (filled > 0) sink.accept(output, filled)
        forget((centre() - reach - firstHeld).toInt().coerceIn(0, heldCount))
    }

    /** The input sample at or before the next output. */
    private fun centre(): Long = nextOutput * down / up

    private fun interpolate(): Float {
        val row = weights[(nextOutput * down % up).toInt()]
        val start = (centre() - reach - firstHeld).toInt()
        var sum = 0f
        for (tap in 0 until taps) sum += row[tap] * held[start + tap]
        return sum
    }

    private fun forget(count: Int) {
        System.arraycopy(held, count, held, 0, heldCount - count)
        heldCount -= count
        firstHeld += count
    }

    /** The row sums to 1: a constant stays what it is. */
    private fun weightsOf(phase: Int): FloatArray {
        val row = DoubleArray(taps) { tap -> kernel(tap - reach - phase.toDouble() / up) }
        val sum = row.sum()
        return FloatArray(taps) { tap -> (row[tap] / sum).toFloat() }
    }

    private fun kernel(distance: Double): Double {
        val position = distance / (reach + 1)
        val blackman = 0.42 + 0.5 * cos(PI * position) + 0.08 * cos(2.0 * PI * position)
        val angle = PI * cutoff * distance
        return blackman * if (angle == 0.0) 1.0 else sin(angle) / angle
    }

    private companion object {
        /** Of half the lower rate, at half the amplitude: the fall ends at half the rate. */
        const val PASSED_SHARE = 0.957
        const val ZERO_CROSSINGS = 64
        const val INPUT_BLOCK = 4096
        const val OUTPUT_BLOCK = 4096

        tailrec fun greatestCommonDivisor(a: Int, b: Int): Int =
            if (b == 0) a else greatestCommonDivisor(b, a % b)
    }
}
