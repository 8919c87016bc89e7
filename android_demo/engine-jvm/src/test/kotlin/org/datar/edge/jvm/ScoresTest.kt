package org.datar.edge.jvm

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import javax.sound.sampled.AudioSystem
import kotlin.math.abs
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.float
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.datar.edge.ModelFile
import org.datar.edge.Session
import org.datar.edge.WindowCutter
import org.datar.edge.WindowScorer
import org.datar.edge.WindowScores
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** The bundled model on real recordings: windows and scores as Python has them. */
class ScoresTest {
    private val demo = File(checkNotNull(System.getProperty("demo")) { "the build sets the property demo" })
    private val vectors = Json.parseToJsonElement(File(demo, "testdata/scores.json").readText()).jsonObject

    @Test
    fun scoresAreThoseOfPython() {
        compareAll("../datar_edge/bundled/datar-micro.tflite", tolerance = 1e-4f)
    }

    /** TFLite before LiteRT reads some int8 files otherwise than they are meant, without a word. */
    @Test
    fun scoresInEightBitsAreNearThoseOfPythonInFloat() {
        compareAll("../models/datar-micro-int8.tflite", tolerance = 0.1f)
    }

    private fun compareAll(model: String, tolerance: Float) {
        println("%-12s %6s %8s %9s  %-16s %9s %9s %12s".format(*HEADINGS))
        JvmTfliteEngine().open(ModelFile(File(demo, model)), threads = 1).use {
            assertEquals(vectors.getValue("labels").jsonArray.map { it.jsonPrimitive.content }, it.card.labels)
            for ((name, cases) in vectors.getValue("recordings").jsonObject) {
                cases.jsonArray.forEach { case -> compare(it, name, case.jsonObject, tolerance) }
            }
        }
    }

    private fun compare(session: Session, name: String, case: JsonObject, tolerance: Float) {
        val hopS = case.number("hop_s")
        val expected = case.getValue("windows").jsonArray.map { it.jsonObject }
        val heard = scores(session, samples(name), hopS)
        assertEquals("$name, windows", expected.size, heard.size)
        for ((python, jvm) in expected zip heard) {
            assertEquals(python.number("start_s"), jvm.startS, 1e-9)
            assertEquals(python.number("end_s"), jvm.endS, 1e-9)
            assertEquals(python.number("padded_s"), jvm.paddedS, 1e-9)
            assertEquals(python.number("level_dbfs"), jvm.levelDbfs, 1e-4)
            val difference = compareScores(session.card.labels, name, hopS, python, jvm)
            assertTrue("$name at ${jvm.startS} s: $difference", difference < tolerance)
        }
    }

    /** The greatest difference of a score; 0 where neither side scored the window. */
    private fun compareScores(labels: List<String>, name: String, hopS: Double, python: JsonObject, jvm: WindowScores): Float {
        val expected = python.getValue("scores").takeIf { it != JsonNull }?.jsonArray?.map { it.jsonPrimitive.float }
        val found = jvm.scores?.toList()
        assertEquals(expected == null, found == null)
        if (expected == null || found == null) return 0f
        val difference = expected.indices.maxOf { abs(expected[it] - found[it]) }
        val best = expected.indices.maxBy { expected[it] }
        println(ROW.format(name, hopS, jvm.startS, jvm.endS, labels[best], expected[best], found[best], difference))
        return difference
    }

    private fun scores(session: Session, samples: FloatArray, hopS: Double): List<WindowScores> {
        val scorer = WindowScorer(session)
        val found = mutableListOf<WindowScores>()
        val card = session.card
        val cutter = WindowCutter(card.windowSamples, WindowScorer.hopSamples(hopS, card.sampleRateHz)) { start, window, valid ->
            found += scorer.score(start, window, valid)
        }
        cutter.push(samples)
        cutter.finish()
        return found
    }

    /** The samples that Python scored; tools/android_vectors.py writes them. */
    private fun samples(name: String): FloatArray {
        val file = File(demo, "build/recordings/$name.wav")
        check(file.isFile) { "$file is missing: run tools/android_vectors.py --recordings" }
        val bytes = AudioSystem.getAudioInputStream(file).use { it.readAllBytes() }
        val shorts = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer()
        return FloatArray(shorts.remaining()) { shorts.get(it) / 32_768f }
    }

    private fun JsonObject.number(name: String): Double = getValue(name).jsonPrimitive.double

    private companion object {
        const val ROW = "%-12s %6.2f %8.2f %9.2f  %-16s %9.6f %9.6f %12.2e"
        val HEADINGS = arrayOf("recording", "hop s", "from s", "to s", "best tag", "Python", "JVM", "greatest d.")
    }
}
