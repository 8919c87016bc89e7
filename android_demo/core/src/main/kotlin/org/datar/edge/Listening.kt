package org.datar.edge

import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * A window that was heard live.
 *
 * @property window its scores.
 * @property inferenceMs what scoring it took, 0 where silence was not scored.
 * @property droppedS seconds of sound so far that no scored window covered, because inference was
 *   slower than the sound.
 */
class HeardWindow(val window: WindowScores, val inferenceMs: Double, val droppedS: Double)

/** Takes what listening gives, all on the inference thread. */
interface ListeningSink {
    /** The next window. */
    fun onWindow(heard: HeardWindow)

    /** The model failed; listening has ended, [onStopped] follows. */
    fun onFailure(error: Exception)

    /** The last call: nothing uses the session any more. */
    fun onStopped()
}

/**
 * Scores a live sound in a thread of its own.
 *
 * The audio thread [push]es and never waits for inference. A window is scored every hop; where
 * inference is slower than that, the newest window wins and the sound that none covers is counted.
 * When the sound is stopped, the rest that no window covers is scored, padded with zeros.
 *
 * @param session the model; it may be closed after `sink.onStopped()`.
 * @param hopS seconds between windows.
 * @param minLevelDbfs see [WindowScorer].
 * @param newThread makes the inference thread.
 */
class Listening(
    session: Session,
    hopS: Double,
    private val sink: ListeningSink,
    minLevelDbfs: Double = WindowScorer.MIN_LEVEL_DBFS,
    newThread: (Runnable) -> Thread = { Thread(it, "inference") },
) {
    private val scorer = WindowScorer(session, minLevelDbfs)
    private val rateHz = session.card.sampleRateHz
    private val window = session.card.windowSamples
    private val hop = WindowScorer.hopSamples(hopS, rateHz)
    private val ring = SampleRing(window + minOf(window, hop) + rateHz)
    private val samples = FloatArray(window)
    private val schedule = WindowSchedule(window, hop)
    private val lock = ReentrantLock()
    private val changed = lock.newCondition()
    private var stopped = false
    private val thread = newThread(Runnable(::run))

    /** Begins to wait for sound. */
    fun start() = thread.start()

    /** Takes [count] samples at the card's rate, from the audio thread; allocates nothing. */
    fun push(block: FloatArray, offset: Int = 0, count: Int = block.size) {
        ring.write(block, offset, count)
        lock.withLock { changed.signal() }
    }

    /** Ends listening soon; does not wait for it. */
    fun stop() = lock.withLock {
        stopped = true
        changed.signal()
    }

    /** Waits until listening has ended. */
    fun join() = thread.join()

    private fun run() {
        try {
            while (true) score(awaitWindow() ?: break, window)
            schedule.rest(ring.end)?.let { score(it, (ring.end - it).toInt()) }
        } catch (error: ModelException) {
            sink.onFailure(error)
        } catch (error: RuntimeException) { // what a runtime's Java face throws
            sink.onFailure(error)
        } finally {
            sink.onStopped()
        }
    }

    /** Start of the next window; null when the sound has ended without one. */
    private fun awaitWindow(): Long? = lock.withLock {
        while (!stopped && schedule.newest(ring.end) == null) changed.await()
        schedule.newest(ring.end)
    }

    private fun score(start: Long, valid: Int) {
        if (!ring.copy(start, valid, samples)) return schedule.skip(start)
        schedule.take(start)
        samples.fill(0f, valid)
        val before = System.nanoTime()
        val scores = scorer.score(start, samples, valid)
        val inferenceMs = if (scores.scores == null) 0.0 else (System.nanoTime() - before) / 1e6
        sink.onWindow(HeardWindow(scores, inferenceMs, schedule.droppedSamples.toDouble() / rateHz))
    }
}
