package org.datar.edge.demo.listen

import java.util.concurrent.Executor
import org.datar.edge.ModelException
import org.datar.edge.demo.display.Spectrogram
import org.datar.edge.demo.models.NoModelException
import org.datar.edge.demo.models.OpenedModel
import org.datar.edge.demo.settings.Settings
import org.datar.edge.demo.sound.SoundListener
import org.datar.edge.demo.sound.SoundSource

/**
 * Starts and stops listening, and keeps the state of the screen. It outlives the screen's rotation.
 *
 * Call everything on the main thread, which never waits here: models are opened and closed elsewhere.
 *
 * @param open opens a model; throws NoModelException, or ModelException where it cannot be used
 * @param newSource makes the source of sound for a rate
 * @param worker opens models
 * @param main runs what changes the state
 */
class ListeningController(
    private val open: (Settings) -> OpenedModel,
    private val newSource: (sampleRateHz: Int, listener: SoundListener) -> SoundSource,
    private val worker: Executor,
    private val main: Executor,
    settings: Settings,
) {
    /** What the screen shows. */
    var state = UiState(settings)
        private set(value) {
            field = value
            onChange(value)
        }

    /** Is called with each new state, on the main thread. */
    var onChange: (UiState) -> Unit = {}

    /** The sound as a picture; null before the first. */
    val spectrogram: Spectrogram? get() = run?.spectrogram

    private var attempt: Any? = null
    private var run: ListeningRun? = null

    /** Begins to listen; nothing happens if it has begun. */
    fun start() {
        if (state.phase != Phase.IDLE) return
        val attempt = Any().also { attempt = it }
        val settings = state.settings
        state = state.copy(phase = Phase.LOADING, problem = null)
        worker.execute {
            val opened = runCatching { open(settings) }
            main.execute { if (attempt === this.attempt) begin(opened) else opened.onSuccess(::close) }
        }
    }

    /** Ends listening; what ends it unasked is given as the [problem]. */
    fun stop(problem: Problem? = null) {
        attempt = null
        if (state.phase == Phase.LISTENING) run?.stop()
        state = state.copy(phase = Phase.IDLE, problem = problem ?: state.problem.takeIf { it != Problem.SoundBlocked })
    }

    /** Tells what keeps the app from listening, or with null that nothing does any more. */
    fun show(problem: Problem?) {
        state = state.copy(problem = problem)
    }

    fun openSettings(open: Boolean) {
        state = state.copy(settingsOpen = open)
    }

    /** Listens on with the new settings, if it does. */
    fun apply(settings: Settings) {
        val listening = state.phase != Phase.IDLE
        val changed = settings != state.settings
        state = state.copy(settings = settings, settingsOpen = false)
        if (!changed || !listening) return
        stop()
        start()
    }

    private fun begin(opened: Result<OpenedModel>) {
        opened.onSuccess(::listen).onFailure { error -> stop(problemOf(error)) }
    }

    private fun listen(opened: OpenedModel) {
        val observer = Observer()
        val run = ListeningRun(opened, state.settings, newSource, observer)
        observer.run = run
        this.run = run
        state = UiState(
            settings = state.settings,
            settingsOpen = state.settingsOpen,
            phase = Phase.LISTENING,
            model = run.facts,
        )
        if (!run.start()) stop(Problem.CallGoingOn)
    }

    private fun problemOf(error: Throwable): Problem = when (error) {
        is NoModelException -> Problem.NoModel(error.engine)
        is ModelException -> Problem.ModelRefused(error.message.orEmpty())
        else -> Problem.ModelRefused(error.toString()) // what a runtime's Java face throws
    }

    private fun close(opened: OpenedModel) = worker.execute(opened.session::close)

    /** Brings what a run tells to the main thread, and drops what a former run still tells. */
    private inner class Observer : RunObserver {
        lateinit var run: ListeningRun

        override fun onHeard(heard: Heard) = onMain { show(heard) }

        override fun onProblem(problem: Problem) = onMain { stop(problem) }

        override fun onEnded(events: List<HeardEvent>) = onMain { state = state.copy(events = events) }

        private fun onMain(action: () -> Unit) =
            main.execute { if (run === this@ListeningController.run) action() }
    }

    private fun show(heard: Heard) {
        val unblocked = state.problem.takeIf { it != Problem.SoundBlocked }
        state = state.copy(
            problem = if (heard.blocked && state.phase == Phase.LISTENING) Problem.SoundBlocked else unblocked,
            tags = heard.tags,
            hearing = heard.hearing,
            events = heard.events,
            figures = heard.figures,
        )
    }
}
