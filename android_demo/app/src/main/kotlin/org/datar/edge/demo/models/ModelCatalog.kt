package org.datar.edge.demo.models

import android.content.res.AssetManager
import java.io.File
import java.io.IOException
import org.datar.edge.Engine
import org.datar.edge.ModelException
import org.datar.edge.ModelSource
import org.datar.edge.Session
import org.datar.edge.demo.settings.Settings

/** An engine of the catalog has no model. */
class NoModelException(val engine: String) : Exception("no model for $engine")

/** A model that was opened, and by what. */
class OpenedModel(val engine: String, val name: String, val threads: Int, val session: Session)

/**
 * The engines of the app, and the models in its assets that each of them opens: whatever file lies in
 * the folder is offered.
 */
class ModelCatalog(
    val engines: List<Engine>,
    private val assets: AssetManager,
    private val cache: File,
) {
    /** File names of an engine's models. */
    fun modelsOf(engine: Engine): List<String> = try {
        assets.list(FOLDER).orEmpty().filter { it.substringAfterLast('.') in engine.extensions }
            .sortedBy { it.substringBeforeLast('.') } // "name" before "name-int8"
    } catch (error: IOException) {
        emptyList()
    }

    /** The engine of that name, or the first. */
    fun engine(name: String?): Engine = engines.firstOrNull { it.name == name } ?: engines.first()

    /**
     * Opens what the settings say. Takes up to seconds: not for the main thread.
     *
     * @throws NoModelException there is none
     * @throws ModelException it cannot be used
     */
    fun open(settings: Settings): OpenedModel {
        val engine = engine(settings.engine)
        val models = modelsOf(engine)
        val name = models.firstOrNull { it == settings.model } ?: models.firstOrNull()
            ?: throw NoModelException(engine.name)
        val session = try {
            engine.open(source(name), settings.threads)
        } catch (error: LinkageError) {
            throw ModelException("${engine.name} does not run on this device: ${error.message}", error)
        }
        return OpenedModel(engine.name, name, settings.threads, session)
    }

    private fun source(name: String): ModelSource = AssetModel(assets, "$FOLDER/$name", cache)

    companion object {
        /** Where the models lie in the assets. */
        const val FOLDER = "models"
    }
}
