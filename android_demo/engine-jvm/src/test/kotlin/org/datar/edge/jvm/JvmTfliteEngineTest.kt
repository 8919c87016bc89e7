package org.datar.edge.jvm

import java.io.File
import org.datar.edge.CardException
import org.datar.edge.ModelException
import org.datar.edge.ModelFile
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder

class JvmTfliteEngineTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val demo = File(checkNotNull(System.getProperty("demo")) { "the build sets the property demo" })
    private val bundled = File(demo, "../datar_edge/bundled/datar-micro.tflite")

    @Test
    fun aSessionThatIsClosedRefuses() {
        val session = JvmTfliteEngine().open(ModelFile(bundled), threads = 1)
        session.close()
        session.close()
        assertThrows(ModelException::class.java) { session.score(FloatArray(session.card.windowSamples)) }
    }

    @Test
    fun threadsMakeNoDifference() {
        val window = FloatArray(40_960) { (it % 97) / 97f - 0.5f }
        val scores = listOf(1, 2).map { threads ->
            JvmTfliteEngine().open(ModelFile(bundled), threads).use { it.score(window) }
        }
        scores[0].zip(scores[1]).forEach { (one, two) -> assertEquals(one, two, 1e-5f) }
    }

    @Test
    fun refusesACardThatWasChanged() {
        val whole = bundled.readBytes().toString(Charsets.ISO_8859_1)
        // The seal would refuse the file before: blank it, in the same length.
        val other = whole.replace(Regex("\"content_sha256\": \"[0-9a-f]{64}\"")) {
            "\"content_sha256\": \"\"".padEnd(it.value.length)
        }
        assertThrows(CardException::class.java) { JvmTfliteEngine().open(file(other.replace("\"Rooster\",", "          ")), 1) }
    }

    @Test
    fun refusesAFileThatIsMissing() {
        assertThrows(ModelException::class.java) { JvmTfliteEngine().open(ModelFile(File("none.tflite")), 1) }
    }

    private fun file(content: String) =
        ModelFile(folder.newFile("changed.tflite").apply { writeBytes(content.toByteArray(Charsets.ISO_8859_1)) })
}
