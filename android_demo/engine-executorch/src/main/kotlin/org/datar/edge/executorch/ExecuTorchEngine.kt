package org.datar.edge.executorch

import com.facebook.soloader.nativeloader.NativeLoader
import com.facebook.soloader.nativeloader.SystemDelegate
import org.datar.edge.CardReader
import org.datar.edge.Engine
import org.datar.edge.ModelException
import org.datar.edge.ModelSource
import org.datar.edge.Session
import org.pytorch.executorch.Module

/** ExecuTorch with its XNNPACK delegate; the model is mapped from its file. */
class ExecuTorchEngine : Engine {
    override val name = "ExecuTorch"
    override val extensions = setOf("pte")

    override fun open(model: ModelSource, threads: Int): Session {
        val card = CardReader.read(model.map(), model.name)
        val path = model.file().absolutePath
        val module = try {
            initialiseLoader()
            Module.load(path, Module.LOAD_MODE_MMAP, threads)
        } catch (error: RuntimeException) {
            throw ModelException("ExecuTorch cannot load ${model.name}: ${error.message}", error)
        } catch (error: LinkageError) {
            throw ModelException("ExecuTorch's library cannot be loaded: ${error.message}", error)
        }
        return ExecuTorchSession.checked(model.name, card, module)
    }

    private companion object {
        /** ExecuTorch's and fbjni's classes load their libraries through it. */
        @Synchronized
        fun initialiseLoader() {
            if (!NativeLoader.isInitialized()) NativeLoader.init(SystemDelegate())
        }
    }
}
