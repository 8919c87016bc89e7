package org.datar.edge

import kotlin.math.log10

/**
 * What the model made of one window.
 *
 * @property startS start of the window, in seconds from the start of the sound.
 * @property endS its end, or the sound's end where that comes first.
 * @property paddedS seconds of zeros that fill the window after the sound's end.
 * @property levelDbfs RMS level of the sound in it; negative infinity for digital silence.
 * @property scores one a label of the main head; null where the window is silence.
 */
class WindowScores(
    val startS: Double,
    val endS: Double,
    val paddedS: Double,
    val levelDbfs: Double,
    val scores: FloatArray?,
)

/** RMS level of the first [count] samples without their mean, in dB of full scale. */
fun levelDbfs(samples: FloatArray, count: Int = samples.size): Double {
    var sum = 0.0
    for (index in 0 until count) sum += samples[index]
    val mean = sum / count
    var squares = 0.0
    for (index in 0 until count) squares += (samples[index] - mean) * (samples[index] - mean)
    val power = squares / count
    return if (power == 0.0) Double.NEGATIVE_INFINITY else 10.0 * log10(power)
}
