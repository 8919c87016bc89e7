package org.datar.edge.executorch

import org.datar.edge.CardException
import org.datar.edge.ModelCard
import org.datar.edge.ModelException
import org.datar.edge.Session
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Module
import org.pytorch.executorch.Tensor

/** A model in an ExecuTorch module. */
internal class ExecuTorchSession private constructor(
    override val card: ModelCard,
    private val module: Module,
) : Session {
    private val waveform = Tensor.allocateFloatBuffer(card.windowSamples)
    private val input = EValue.from(Tensor.fromBlob(waveform, longArrayOf(1, card.windowSamples.toLong())))
    private var closed = false

    override fun score(window: FloatArray): FloatArray {
        if (closed) throw ModelException("The session is closed.")
        waveform.rewind()
        waveform.put(window).rewind()
        val outputs = try {
            module.forward(input)
        } catch (error: RuntimeException) {
            throw ModelException("ExecuTorch failed to run the model: ${error.message}", error)
        }
        val scores = outputs.firstOrNull()?.takeIf(EValue::isTensor)?.toTensor()?.dataAsFloatArray
        if (scores?.size != card.labels.size) {
            throw CardException("The model gives ${scores?.size ?: 0} scores for ${card.labels.size} labels.")
        }
        return scores
    }

    override fun close() {
        if (!closed) module.destroy()
        closed = true
    }

    companion object {
        private const val METHOD = "forward"
        private const val OK = 0

        /** @throws ModelException this ExecuTorch cannot run the model. */
        fun checked(name: String, card: ModelCard, module: Module): Session {
            val status = module.loadMethod(METHOD)
            if (status == OK) return ExecuTorchSession(card, module)
            module.destroy()
            throw ModelException(
                "ExecuTorch cannot prepare $name (error $status): it takes a runtime of the exporter's version.",
            )
        }
    }
}
