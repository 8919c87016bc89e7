package androidx.test.espresso

import android.os.Looper

interface IdlingResource {
    fun getName(): String

    fun isIdleNow(): Boolean

    fun registerIdleTransitionCallback(callback: ResourceCallback)

    fun interface ResourceCallback {
        fun onTransitionToIdle()
    }
}

class IdlingRegistry private constructor() {
    val resources: Collection<IdlingResource> = emptyList()
    val loopers: Collection<Looper> = emptyList()

    companion object {
        private val instance = IdlingRegistry()

        @JvmStatic
        fun getInstance(): IdlingRegistry = instance
    }
}
