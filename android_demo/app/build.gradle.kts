plugins { alias(libs.plugins.android.application) }

android {
    namespace = "org.datar.edge.demo"
    compileSdk = libs.versions.compileSdk.get().toInt()
    defaultConfig {
        applicationId = "org.datar.edge.demo"
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.targetSdk.get().toInt()
        versionCode = libs.versions.appCode.get().toInt()
        versionName = libs.versions.app.get()
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
    splits {
        abi {
            isEnable = true
            reset()
            include("arm64-v8a", "x86_64")
            isUniversalApk = false
        }
    }
    // Models are mapped from the APK, so they are stored; libraries are packed, to be small.
    androidResources { noCompress += "tflite" }
    packaging { jniLibs { useLegacyPackaging = true } }
    // Models are no sources: tools/models.py puts them there.
    sourceSets["main"].assets.directories.add("../build/assets")
    testOptions {
        unitTests {
            isIncludeAndroidResources = true
            all { it.systemProperty("demo", rootDir) }
        }
    }
}

kotlin { compilerOptions { allWarningsAsErrors = true } }

dependencies {
    implementation(project(":core"))
    implementation(project(":engine-tflite"))
    implementation(project(":engine-executorch"))
    testImplementation(project(":engine-jvm"))
    testImplementation(libs.junit)
    testImplementation(libs.robolectric)
    testImplementation(libs.serialization.json)
}
