package org.datar.edge.demo.files

import org.datar.edge.Session
import org.datar.edge.WindowCutter
import org.datar.edge.WindowScorer
import org.datar.edge.demo.sound.Resampler
import org.datar.edge.demo.sound.SoundReader

/** Is told how tagging goes, on the thread that tags. */
interface TaggingObserver {
    /** Whether to go on. */
    fun onProgress(heardS: Double): Boolean

    fun onSegment(segment: Segment)
}

/**
 * Tags a sound from its start to its end.
 *
 * @param hopS seconds between windows
 */
class FileTagger(private val session: Session, private val hopS: Double) {
    private val card = session.card
    private val scorer = WindowScorer(session)

    /**
     * Reads [reader] to its end, unless the observer says stop.
     *
     * @throws org.datar.edge.demo.sound.SoundFileException the file is damaged
     * @throws org.datar.edge.ModelException the model failed
     */
    fun tag(reader: SoundReader, observer: TaggingObserver) {
        val segments = Segments(card.labels)
        var goesOn = true
        val hop = WindowScorer.hopSamples(hopS, card.sampleRateHz)
        val cutter = WindowCutter(card.windowSamples, hop) { start, samples, valid ->
            val window = scorer.score(start, samples, valid)
            segments.push(window)?.let(observer::onSegment)
            goesOn = goesOn && observer.onProgress(window.endS)
        }
        val resampler = Resampler(reader.sampleRateHz, card.sampleRateHz)
        val block = FloatArray(BLOCK_SAMPLES)
        while (goesOn) {
            val count = reader.read(block)
            if (count < 0) break
            resampler.push(block, count) { samples, length -> cutter.push(samples, 0, length) }
        }
        if (!goesOn) return
        resampler.finish { samples, length -> cutter.push(samples, 0, length) }
        cutter.finish()
        segments.finish()?.let(observer::onSegment)
    }

    private companion object {
        const val BLOCK_SAMPLES = 8_192
    }
}
