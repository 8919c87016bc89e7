package org.datar.edge

import kotlin.math.roundToInt
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json

/**
 * All that is needed to use a model, as the model file itself says it.
 *
 * A field that is unknown, missing or out of its range makes the card wrong: an app would rather
 * refuse a file than name sounds by the labels of another.
 *
 * @property heads labels by head, in the order of the head's scores; the first head is the main one.
 * @property hopS seconds between windows that the model's figures were measured with.
 * @property threshold score from which a tag counts as an event, by default.
 * @property quantize quantization recipe, "none" for float32.
 * @property contentSha256 hash of the file, see [Seal]; empty where the file does not tell.
 */
@Serializable
data class ModelCard(
    @SerialName("card_version") val cardVersion: Int,
    val preset: String,
    val heads: Map<String, List<String>>,
    val activation: String = "softmax",
    @SerialName("input_kind") val inputKind: String = "waveform",
    val fbank: Fbank,
    @SerialName("hop_s") val hopS: Double = 1.0,
    val threshold: Double = 0.5,
    val quantize: String = "none",
    val sampler: String = "native",
    val parameters: Long = 0,
    val macs: Long = 0,
    val provenance: Map<String, String> = emptyMap(),
    val parity: Map<String, Double> = emptyMap(),
    @SerialName("content_sha256") val contentSha256: String = "",
) {
    /** Name of the first head. */
    val mainHead: String get() = heads.keys.first()

    /** Labels of the first head. */
    val labels: List<String> get() = heads.getValue(mainHead)

    /** Rate of the waveform that the model expects. */
    val sampleRateHz: Int get() = fbank.sampleRateHz

    /** Samples of one window. */
    val windowSamples: Int get() = (fbank.windowS * fbank.sampleRateHz).roundToInt()

    /** Seconds of one window. */
    val windowS: Double get() = windowSamples.toDouble() / sampleRateHz

    init {
        check(cardVersion == VERSION) { "has version $cardVersion, this app reads $VERSION" }
        check(heads.isNotEmpty()) { "has no heads" }
        for ((head, labels) in heads) {
            check(labels.isNotEmpty()) { "has no labels in its head $head" }
            check(labels.distinct().size == labels.size) { "has a label twice in its head $head" }
        }
        check(activation in ACTIVATIONS) { "has the activation $activation" }
        check(inputKind == "waveform") { "says that the model takes $inputKind, not the waveform" }
        check(hopS > 0.0 && hopS <= MAX_HOP_S) { "has a hop of $hopS s" }
        check(threshold in 0.0..1.0) { "has the threshold $threshold" }
    }

    private inline fun check(holds: Boolean, what: () -> String) {
        if (!holds) throw CardException("The model's card ${what()}.")
    }

    /** The front-end inside the model's graph; an app needs its rate and window only. */
    @Serializable
    data class Fbank(
        @SerialName("sample_rate_hz") val sampleRateHz: Int = 16_000,
        @SerialName("num_mel_bins") val numMelBins: Int = 128,
        @SerialName("window_s") val windowS: Double = 10.0,
        @SerialName("num_frames") val numFrames: Int = 1_024,
        @SerialName("frame_length_ms") val frameLengthMs: Double = 25.0,
        @SerialName("frame_shift_ms") val frameShiftMs: Double = 10.0,
        @SerialName("low_freq_hz") val lowFreqHz: Double = 20.0,
        @SerialName("high_freq_hz") val highFreqHz: Double = 0.0,
        val preemphasis: Double = 0.97,
    ) {
        init {
            if (sampleRateHz !in RATES_HZ) {
                throw CardException("The model's card has a sample rate of $sampleRateHz Hz.")
            }
            if (!(windowS > 0.0 && windowS <= MAX_WINDOW_S)) {
                throw CardException("The model's card has a window of $windowS s.")
            }
        }
    }

    companion object {
        /** Version of the cards that are read. */
        const val VERSION = 1

        private const val MAX_HOP_S = 3_600.0
        private const val MAX_WINDOW_S = 3_600.0
        private val RATES_HZ = 4_000..192_000
        private val ACTIVATIONS = setOf("softmax", "sigmoid")

        /**
         * Reads a card.
         *
         * @throws CardException it is not JSON, of another version, or a field is wrong.
         */
        fun parse(json: String): ModelCard = try {
            Json.decodeFromString<ModelCard>(json)
        } catch (error: SerializationException) {
            val why = error.message.orEmpty().lineSequence().first()
            throw CardException("The model's card cannot be read: $why", error)
        }
    }
}
