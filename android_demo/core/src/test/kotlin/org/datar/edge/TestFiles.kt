package org.datar.edge

import java.io.File
import java.nio.ByteBuffer
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject

/** Files that the tests read; the build says where the demo is. */
internal object TestFiles {
    private val demo = File(checkNotNull(System.getProperty("demo")) { "the build sets the property demo" })

    /** The model that ships with datar-edge. */
    val bundledTflite = File(demo, "../datar_edge/bundled/datar-micro.tflite")

    /** A small model for ExecuTorch; tools/toy_pte.py writes it. */
    val pte = File(demo, "testdata/toy.pte")

    fun vectors(name: String): JsonObject =
        Json.parseToJsonElement(File(demo, "testdata/$name").readText()).jsonObject

    /** A file's bytes, to be changed. */
    fun bytes(file: File): ByteArray = file.readBytes()

    /** Bytes as they would be mapped. */
    fun mapped(bytes: ByteArray): ByteBuffer = ByteBuffer.wrap(bytes).asReadOnlyBuffer()
}

/** A card for a model that hears [windowSamples] at [rateHz]. */
internal fun cardOf(
    windowSamples: Int,
    rateHz: Int = 16_000,
    labels: List<String> = listOf("Rain", "Dog bark"),
): ModelCard = ModelCard(
    cardVersion = ModelCard.VERSION,
    preset = "test",
    heads = mapOf("class" to labels),
    fbank = ModelCard.Fbank(sampleRateHz = rateHz, windowS = windowSamples.toDouble() / rateHz),
)

/** A model whose score of the first label is the mean of the window. */
internal class MeanSession(override val card: ModelCard, private val before: () -> Unit = {}) : Session {
    override fun score(window: FloatArray): FloatArray {
        before()
        val mean = window.average().toFloat()
        return FloatArray(card.labels.size) { if (it == 0) mean else 0f }
    }

    override fun close() = Unit
}
