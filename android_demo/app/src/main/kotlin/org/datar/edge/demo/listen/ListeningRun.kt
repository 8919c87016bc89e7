package org.datar.edge.demo.listen

import org.datar.edge.HeardWindow
import org.datar.edge.Listening
import org.datar.edge.ListeningSink
import org.datar.edge.Tag
import org.datar.edge.TopTags
import org.datar.edge.demo.display.Spectrogram
import org.datar.edge.demo.models.OpenedModel
import org.datar.edge.demo.settings.Settings
import org.datar.edge.demo.sound.MicrophoneException
import org.datar.edge.demo.sound.SoundListener
import org.datar.edge.demo.sound.SoundSource

/** What a run tells; from any thread. */
interface RunObserver {
    fun onHeard(heard: Heard)

    fun onProblem(problem: Problem)

    /** The last call. */
    fun onEnded(events: List<HeardEvent>)
}

/** What the last window brought. */
class Heard(
    val tags: List<Tag>,
    val hearing: Hearing,
    val blocked: Boolean,
    val events: List<HeardEvent>,
    val figures: Figures,
)

/**
 * One stretch of listening with one model: the source of sound, its inference and what comes of it.
 *
 * Takes the opened model over, and closes it when inference has ended.
 */
class ListeningRun(
    private val opened: OpenedModel,
    settings: Settings,
    newSource: (sampleRateHz: Int, listener: SoundListener) -> SoundSource,
    private val observer: RunObserver,
) : SoundListener, ListeningSink {
    private val card = opened.session.card
    val facts = ModelFacts(
        engine = opened.engine,
        name = opened.name,
        threads = opened.threads,
        windowS = card.windowS,
        hopS = settings.hopS ?: card.hopS,
        threshold = settings.threshold ?: card.threshold,
    )
    val spectrogram = Spectrogram(card.sampleRateHz)
    private val listening = Listening(opened.session, facts.hopS, this)
    private val source = newSource(card.sampleRateHz, this)
    private val topTags = TopTags(card.labels)
    private val events = EventLog(card, facts.threshold)
    private val figures = FigureMeter(facts.hopS)
    private var blockedWindows = 0

    /** Begins; on the main thread. False if a call forbids it. */
    fun start(): Boolean {
        listening.start()
        return source.start().also { if (!it) listening.stop() }
    }

    /** Ends soon, without waiting; what is still in the air is told to the observer. */
    fun stop() {
        source.stop()
        listening.stop()
    }

    override fun accept(samples: FloatArray, count: Int) {
        listening.push(samples, 0, count)
        spectrogram.write(samples, count)
    }

    override fun onWindow(heard: HeardWindow) {
        val window = heard.window
        val digitalSilence = window.levelDbfs == Double.NEGATIVE_INFINITY
        blockedWindows = if (digitalSilence) blockedWindows + 1 else 0
        observer.onHeard(
            Heard(
                tags = topTags.update(window.scores),
                hearing = hearing(window.scores),
                blocked = blockedWindows >= BLOCKED_WINDOWS,
                events = events.update(window),
                figures = figures.update(heard),
            ),
        )
    }

    /** Not smoothed: it is what the last window held, as soon as it is known. */
    private fun hearing(scores: FloatArray?): Hearing {
        if (scores == null) return Hearing.Silence
        val certain = scores.indices.filter { scores[it] >= facts.threshold }.sortedByDescending(scores::get)
        return if (certain.isEmpty()) Hearing.Uncertain else Hearing.Certain(certain.map(card.labels::get))
    }

    override fun onFailure(error: MicrophoneException) =
        observer.onProblem(Problem.MicrophoneFailed(error.message.orEmpty()))

    override fun onFailure(error: Exception) =
        observer.onProblem(Problem.InferenceFailed(error.message ?: error.javaClass.simpleName))

    override fun onInterruption() = observer.onProblem(Problem.Interrupted)

    override fun onStopped() {
        opened.session.close()
        observer.onEnded(events.finish())
    }

    private companion object {
        /** A microphone is never this quiet; a blocked one is. */
        const val BLOCKED_WINDOWS = 2
    }
}
