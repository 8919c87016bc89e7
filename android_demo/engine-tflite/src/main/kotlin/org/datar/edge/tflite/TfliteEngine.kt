package org.datar.edge.tflite

import org.datar.edge.CardReader
import org.datar.edge.Engine
import org.datar.edge.ModelException
import org.datar.edge.ModelSource
import org.datar.edge.Session
import org.tensorflow.lite.Interpreter

/** TensorFlow Lite with its XNNPACK delegate; the model stays in the file, mapped into memory. */
class TfliteEngine : Engine {
    override val name = "TFLite"
    override val extensions = setOf("tflite")

    override fun open(model: ModelSource, threads: Int): Session {
        val content = model.map()
        val card = CardReader.read(content, model.name)
        val options = Interpreter.Options().setNumThreads(threads).setUseXNNPACK(true)
        val interpreter = try {
            Interpreter(content, options)
        } catch (error: IllegalArgumentException) {
            throw ModelException("TFLite cannot load ${model.name}: ${error.message}", error)
        } catch (error: LinkageError) {
            throw ModelException("TFLite's library cannot be loaded: ${error.message}", error)
        }
        return TfliteSession.checked(model.name, card, interpreter)
    }
}
