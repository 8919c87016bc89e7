package org.datar.edge.jvm

import java.nio.ByteBuffer
import org.bytedeco.javacpp.BytePointer
import org.bytedeco.tensorflowlite.BuiltinOpResolver
import org.bytedeco.tensorflowlite.FlatBufferModel
import org.bytedeco.tensorflowlite.Interpreter
import org.bytedeco.tensorflowlite.InterpreterBuilder
import org.bytedeco.tensorflowlite.global.tensorflowlite.DefaultErrorReporter
import org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteFloat32
import org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteOk
import org.bytedeco.tensorflowlite.TfLiteTensor
import org.datar.edge.CardException
import org.datar.edge.CardReader
import org.datar.edge.Engine
import org.datar.edge.ModelCard
import org.datar.edge.ModelException
import org.datar.edge.ModelSource
import org.datar.edge.Session
import org.datar.edge.checkEdges
import org.datar.edge.mainOutput

/**
 * The C++ TFLite on a desktop's JVM, with its XNNPACK delegate, so that tests run real model files.
 *
 * The app does not hold it: phones run `TfliteEngine`.
 */
class JvmTfliteEngine : Engine {
    override val name = "TFLite (JVM)"
    override val extensions = setOf("tflite")

    override fun open(model: ModelSource, threads: Int): Session {
        val content = model.map()
        return JvmTfliteSession(model.name, CardReader.read(content, model.name), content, threads)
    }
}

private class JvmTfliteSession(
    name: String,
    override val card: ModelCard,
    content: ByteBuffer,
    threads: Int,
) : Session {
    // Held here: the interpreter reads its weights where they are.
    private val bytes = BytePointer(content)
    private val model: FlatBufferModel? =
        FlatBufferModel.VerifyAndBuildFromBuffer(bytes, content.limit().toLong(), null, DefaultErrorReporter())
    private val interpreter: Interpreter = load(name, threads)
    private val output: TfLiteTensor
    private var closed = false

    init {
        val keys = interpreter.signature_keys()
        if (keys.size() != 1L) throw CardException("$name has ${keys.size()} signatures, not one.")
        val key = keys.front().string
        val outputs = interpreter.signature_outputs(key)
        val names = generateSequence(outputs.begin()) { it.increment() }
            .take(outputs.size().toInt()).map { it.first() }.toList()
        output = interpreter.output_tensor_by_signature(mainOutput(names), key)
        val input = interpreter.input_tensor(0)
        if (input.type() != kTfLiteFloat32 || output.type() != kTfLiteFloat32) {
            throw CardException("$name has other types than float32 at its edges.")
        }
        card.checkEdges(name, input.shape(), output.shape())
    }

    override fun score(window: FloatArray): FloatArray {
        if (closed) throw ModelException("The session is closed.")
        interpreter.typed_input_tensor_float(0).put(window, 0, window.size)
        if (interpreter.Invoke() != kTfLiteOk) throw ModelException("TFLite failed to run the model.")
        val scores = FloatArray(card.labels.size)
        org.bytedeco.javacpp.FloatPointer(output.data().raw()).get(scores)
        return scores
    }

    override fun close() {
        if (closed) return
        closed = true
        interpreter.close()
        model?.close()
    }

    private fun load(name: String, threads: Int): Interpreter {
        val loaded = Interpreter(null as org.bytedeco.javacpp.Pointer?)
        val built = model != null && !model.isNull &&
            InterpreterBuilder(model, BuiltinOpResolver()).use { builder ->
                builder.SetNumThreads(threads)
                builder.apply(loaded) == kTfLiteOk
            }
        if (!built || loaded.isNull || loaded.AllocateTensors() != kTfLiteOk) {
            throw ModelException("TFLite cannot load $name.")
        }
        return loaded
    }

    private fun TfLiteTensor.shape(): IntArray = dims().let { dims -> IntArray(dims.size()) { dims.data(it) } }
}
