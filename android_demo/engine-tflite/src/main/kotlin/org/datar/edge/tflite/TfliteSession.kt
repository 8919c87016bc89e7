package org.datar.edge.tflite

import java.nio.FloatBuffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.datar.edge.CardException
import org.datar.edge.ModelCard
import org.datar.edge.ModelException
import org.datar.edge.Session
import org.datar.edge.checkEdges
import org.datar.edge.mainOutput
import org.tensorflow.lite.DataType
import org.tensorflow.lite.Interpreter

/** A model in a TFLite interpreter, called by its signature. */
internal class TfliteSession private constructor(
    override val card: ModelCard,
    private val interpreter: Interpreter,
    private val signature: Signature,
) : Session {
    private class Signature(val key: String, val input: String, val outputs: List<String>)

    private val waveform = floats(card.windowSamples)
    private val outputs = signature.outputs.associateWith { output ->
        floats(interpreter.getOutputTensorFromSignature(output, signature.key).numElements())
    }
    private val scores = outputs.getValue(mainOutput(signature.outputs)!!)
    private var closed = false

    override fun score(window: FloatArray): FloatArray {
        if (closed) throw ModelException("The session is closed.")
        waveform.rewind()
        waveform.put(window).rewind()
        outputs.values.forEach { it.rewind() }
        try {
            interpreter.runSignature(mapOf(signature.input to waveform), outputs, signature.key)
        } catch (error: IllegalArgumentException) {
            throw ModelException("TFLite failed to run the model: ${error.message}", error)
        }
        scores.rewind()
        return FloatArray(card.labels.size).also(scores::get)
    }

    override fun close() {
        closed = true
        interpreter.close()
    }

    companion object {
        /** @throws CardException the model is not what its card says. */
        fun checked(name: String, card: ModelCard, interpreter: Interpreter): Session {
            try {
                return TfliteSession(card, interpreter, signature(name, card, interpreter))
            } catch (error: ModelException) {
                interpreter.close()
                throw error
            }
        }

        private fun signature(name: String, card: ModelCard, interpreter: Interpreter): Signature {
            val key = interpreter.signatureKeys.singleOrNull()
                ?: throw CardException("$name has ${interpreter.signatureKeys.size} signatures, not one.")
            val outputs = interpreter.getSignatureOutputs(key).asList()
            val input = interpreter.getSignatureInputs(key).singleOrNull()
                ?: throw CardException("$name does not take one input.")
            val takes = interpreter.getInputTensorFromSignature(input, key)
            val gives = outputs.map { interpreter.getOutputTensorFromSignature(it, key) }
            if ((gives + takes).any { it.dataType() != DataType.FLOAT32 }) {
                throw CardException("$name has other types than float32 at its edges.")
            }
            val main = outputs.indexOf(mainOutput(outputs) ?: throw CardException("$name gives nothing."))
            card.checkEdges(name, takes.shape(), gives[main].shape())
            return Signature(key, input, outputs)
        }

        private fun floats(count: Int): FloatBuffer =
            ByteBuffer.allocateDirect(count * Float.SIZE_BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer()
    }
}
