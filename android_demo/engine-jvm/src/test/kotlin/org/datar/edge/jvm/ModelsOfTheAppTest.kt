package org.datar.edge.jvm

import java.io.File
import kotlin.system.measureNanoTime
import org.datar.edge.CardReader
import org.datar.edge.ModelFile
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** Whatever models the build has put into the app's assets. */
class ModelsOfTheAppTest {
    private val folder = File(checkNotNull(System.getProperty("demo")) { "the build sets the property demo" }, "build/assets/models")
    private val files = checkNotNull(folder.listFiles()) { "$folder is missing: run tools/models.py" }.sorted()

    @Test
    fun eachHasACard() {
        assertTrue("no model in $folder", files.isNotEmpty())
        for (file in files) {
            val card = CardReader.read(ModelFile(file).map(), file.name)
            println("%-28s %-10s %s".format(file.name, card.quantize, card.labels.joinToString()))
        }
    }

    @Test
    fun eachTfliteScoresAWindow() {
        val engine = JvmTfliteEngine()
        for (file in files.filter { it.extension in engine.extensions }) {
            engine.open(ModelFile(file), threads = 1).use { session ->
                val window = FloatArray(session.card.windowSamples) { (it % 97) / 97f - 0.5f }
                val scores = session.score(window)
                val bestMs = (1..RUNS).minOf { measureNanoTime { session.score(window) } } / 1e6
                println("%-28s %.0f ms a window, one thread of this machine".format(file.name, bestMs))
                assertEquals(file.name, session.card.labels.size, scores.size)
                assertTrue("${file.name}: ${scores.toList()}", scores.all { it in 0f..1f })
            }
        }
    }

    private companion object {
        const val RUNS = 5
    }
}
