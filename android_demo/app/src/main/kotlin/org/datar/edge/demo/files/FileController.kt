package org.datar.edge.demo.files

import java.util.concurrent.Executor
import org.datar.edge.ModelException
import org.datar.edge.demo.models.NoModelException
import org.datar.edge.demo.models.OpenedModel
import org.datar.edge.demo.settings.Settings
import org.datar.edge.demo.sound.SoundFileException
import org.datar.edge.demo.sound.SoundReader

/**
 * Tags one sound file, and keeps the state of its screen. It outlives the screen's rotation.
 *
 * Call everything on the main thread, which never waits here.
 *
 * @param openModel opens a model; throws NoModelException, or ModelException where it cannot be used
 * @param worker tags
 * @param main runs what changes the state
 */
class FileController(
    private val openModel: (Settings) -> OpenedModel,
    private val worker: Executor,
    private val main: Executor,
    private val settings: Settings,
) {
    /** What the screen shows. */
    var state = FileState()
        private set(value) {
            field = value
            onChange(value)
        }

    /** Is called with each new state, on the main thread. */
    var onChange: (FileState) -> Unit = {}

    @Volatile
    private var wanted = true

    /**
     * Begins to tag.
     *
     * @param nameOf tells the file's name; on the worker
     * @param open opens the file; on the worker
     */
    fun start(nameOf: () -> String, open: () -> SoundReader) = worker.execute {
        val failure = try {
            val name = nameOf()
            update { copy(name = name) }
            openModel(settings).let { model -> model.session.use { tag(model, open) } }
            null
        } catch (error: SoundFileException) {
            FileFailure.Unreadable(error.message.orEmpty())
        } catch (error: NoModelException) {
            FileFailure.NoModel(error.engine)
        } catch (error: ModelException) {
            FileFailure.ModelRefused(error.message.orEmpty())
        } catch (error: RuntimeException) { // what a runtime's Java face throws
            FileFailure.ModelRefused(error.toString())
        }
        update { copy(phase = if (failure == null) FilePhase.DONE else FilePhase.FAILED, failure = failure) }
    }

    /** Nobody looks any more: ends soon, without waiting. */
    fun stop() {
        wanted = false
    }

    private fun tag(model: OpenedModel, open: () -> SoundReader) = open().use { reader ->
        val begunNs = System.nanoTime()
        update { copy(model = "${model.engine} · ${model.name}", durationS = reader.durationS) }
        val observer = object : TaggingObserver {
            override fun onProgress(heardS: Double): Boolean {
                update { copy(heardS = heardS, tookS = (System.nanoTime() - begunNs) / 1e9) }
                return wanted
            }

            override fun onSegment(segment: Segment) = update { copy(segments = segments + segment) }
        }
        FileTagger(model.session, settings.hopS ?: model.session.card.hopS).tag(reader, observer)
    }

    private fun update(change: FileState.() -> FileState) = main.execute { state = state.change() }
}
