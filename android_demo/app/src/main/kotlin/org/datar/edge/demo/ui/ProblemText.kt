package org.datar.edge.demo.ui

import android.content.res.Resources
import org.datar.edge.demo.R
import org.datar.edge.demo.listen.Problem

/** What a visitor can do about a problem. */
internal enum class Remedy(val label: Int) {
    ALLOW(R.string.action_allow),
    OPEN_SETTINGS(R.string.action_open_settings),
    RETRY(R.string.action_retry),
    DISMISS(R.string.action_dismiss),
}

/** A sentence about the problem. */
internal fun Problem.text(resources: Resources): String = when (this) {
    Problem.MicrophoneRefused -> resources.getString(R.string.problem_refused)
    Problem.MicrophoneRefusedForGood -> resources.getString(R.string.problem_refused_for_good)
    Problem.NoMicrophone -> resources.getString(R.string.problem_no_microphone)
    Problem.NoFilePicker -> resources.getString(R.string.problem_no_file_picker)
    Problem.CallGoingOn -> resources.getString(R.string.problem_call)
    Problem.Interrupted -> resources.getString(R.string.problem_interrupted)
    Problem.SoundBlocked -> resources.getString(R.string.problem_silent)
    is Problem.NoModel -> resources.getString(R.string.problem_no_model, engine)
    is Problem.ModelRefused -> resources.getString(R.string.problem_model, reason)
    is Problem.InferenceFailed -> resources.getString(R.string.problem_inference, reason)
    is Problem.MicrophoneFailed -> resources.getString(R.string.problem_microphone, reason)
}

internal val Problem.remedy: Remedy
    get() = when (this) {
        Problem.MicrophoneRefused -> Remedy.ALLOW
        Problem.MicrophoneRefusedForGood -> Remedy.OPEN_SETTINGS
        Problem.NoMicrophone, Problem.NoFilePicker, Problem.SoundBlocked, is Problem.NoModel -> Remedy.DISMISS
        Problem.CallGoingOn, Problem.Interrupted, is Problem.ModelRefused, is Problem.InferenceFailed,
        is Problem.MicrophoneFailed,
        -> Remedy.RETRY
    }
