package org.datar.edge

import kotlin.math.roundToInt

/**
 * Scores single windows by the same rules wherever they come from.
 *
 * @param session the model; its owner closes it.
 * @param minLevelDbfs a window below this RMS level is silence and is not run.
 */
class WindowScorer(
    private val session: Session,
    private val minLevelDbfs: Double = MIN_LEVEL_DBFS,
) {
    private val rateHz = session.card.sampleRateHz.toDouble()

    /**
     * @param start position of the window's first sample in the sound.
     * @param valid how many of [samples] are sound; the rest are zeros after its end.
     * @throws ModelException the runtime failed, or gave scores that are not finite.
     */
    fun score(start: Long, samples: FloatArray, valid: Int): WindowScores {
        val level = levelDbfs(samples, valid)
        return WindowScores(
            startS = start / rateHz,
            endS = (start + valid) / rateHz,
            paddedS = (samples.size - valid) / rateHz,
            levelDbfs = level,
            scores = if (level < minLevelDbfs) null else finite(session.score(samples), start),
        )
    }

    private fun finite(scores: FloatArray, start: Long): FloatArray {
        if (scores.all(Float::isFinite)) return scores
        throw ModelException("The model gave scores that are not finite at %.2f s.".format(start / rateHz))
    }

    companion object {
        /** A quiet room recorded by a phone lies around -60 dBFS, 16-bit dither at -98. */
        const val MIN_LEVEL_DBFS = -70.0

        /** A hop in seconds as whole samples, at least one. */
        fun hopSamples(hopS: Double, sampleRateHz: Int): Int =
            (hopS * sampleRateHz).roundToInt().coerceAtLeast(1)
    }
}
