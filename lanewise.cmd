@echo off
rem Lanewise on the command line. Finds a JDK, builds the jars if they are missing, starts the program.
rem   lanewise COMMAND [options]     lanewise --help
rem   lanewise bench kernels, models, peers, all, compare   suites of benchmarks, with JMH
rem   lanewise mvn ARGUMENTS         Maven in this project, on the JDK that was found
rem Environment: LANEWISE_JAVA_HOME (the JDK to use), LANEWISE_JAVA_OPTS (more options for it).
rem Unlike the script for other systems it does not notice changed sources, and makes no cache of loaded
rem classes. After a change, build with: lanewise mvn -q -Dlanewise.quick package
rem A bracket in a path would end a block, so paths in blocks stand in quotes.
setlocal EnableExtensions DisableDelayedExpansion
set "wanted=25"
set "root=%~dp0"
if "%root:~-1%"=="\" set "root=%root:~0,-1%"

rem --- The JDK. Its version stands in the file "release": no JVM is started to ask for it.
set "found_jdk="
if defined LANEWISE_JAVA_HOME (
  call :suits "%LANEWISE_JAVA_HOME%"
  if not defined found_jdk (
    echo lanewise: "LANEWISE_JAVA_HOME=%LANEWISE_JAVA_HOME%" is not a JDK %wanted% or newer 1>&2
    exit /b 1
  )
)
if not defined found_jdk if defined JAVA_HOME call :suits "%JAVA_HOME%"
if not defined found_jdk for /f "delims=" %%J in ('where java 2^>nul') do call :suits "%%~dpJ.."
for %%V in ("%ProgramFiles%\Java" "%ProgramFiles%\Eclipse Adoptium" "%ProgramFiles%\Microsoft" "%ProgramFiles%\Zulu" "%ProgramFiles%\Amazon Corretto" "%USERPROFILE%\.jdks") do (
  if exist "%%~V" for /d %%J in ("%%~V\*") do call :suits "%%~J"
)
if not defined found_jdk (
  echo lanewise: needs a JDK %wanted% or newer and found none; install one, or set LANEWISE_JAVA_HOME to it 1>&2
  exit /b 1
)

if "%~1"=="mvn" goto maven

rem --- The build
set "kernels=%root%\kernels\target\lanewise-kernels.jar"
set "model=%root%\model\target\lanewise-model.jar"
set "bench=%root%\bench\target\lanewise-bench.jar"
set "log=%root%\target\lanewise-build.log"
if "%~1"=="bench" for %%S in (kernels models peers all compare) do if "%~2"=="%%S" goto suite
if exist "%kernels%" if exist "%model%" goto run
call :build "kernels,model"
if errorlevel 1 exit /b 1

rem --- The program, with the options that the script for other systems explains
:run
set "early=-XX:CompileCommand=quiet -XX:Tier3DelayOn=1000 -XX:Tier0ProfilingStartPercentage=100000 -XX:LoopUnrollLimit=16 -XX:-UseProfiledLoopPredicate"
for %%A in (jdk.incubator.vector jdk.internal.vm.vector) do call set "early=%%early%% -XX:CompileCommand=MaxNodeLimit,%%A.*::*,1"
for %%L in (Prefetch SimdA SimdDot SimdMath SimdNorm SimdRope SimdSoftmax) do call set "early=%%early%% -XX:CompileCommand=CompileThresholdScaling,dev.lanewise.kernels.simd.%%L*::*,0.05"
if "%~1"=="serve" set "early=%early% --add-modules=jdk.httpserver"
"%found_jdk%\bin\java.exe" -XX:+UseSerialGC -Xmn24m -XX:MaxDirectMemorySize=1t -XX:-UsePerfData -Xlog:disable -Xlog:all=warning:stderr %early% -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8 %LANEWISE_JAVA_OPTS% -p "%kernels%;%model%" -m dev.lanewise.model/dev.lanewise.model.cli.Main %*
exit /b %errorlevel%

rem --- The suites of benchmarks, a program of their own on the class path, where JMH's JVMs look
:suite
if exist "%bench%" goto run_suite
call :build "kernels,model,bench"
if errorlevel 1 exit /b 1
:run_suite
set "commit="
for /f "delims=" %%C in ('git -C "%root%" describe --always --dirty 2^>nul') do set "commit=%%C"
if not defined commit set "commit=unknown"
set "arguments=%*"
"%found_jdk%\bin\java.exe" --add-modules=jdk.incubator.vector -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8 "-Dlanewise.commit=%commit%" %LANEWISE_JAVA_OPTS% -cp "%bench%" dev.lanewise.bench.Suite %arguments:~6%
exit /b %errorlevel%

:maven
where mvn >nul 2>nul
if errorlevel 1 (
  echo lanewise: mvn is not on the PATH; install Maven 3.8 or newer 1>&2
  exit /b 1
)
set "JAVA_HOME=%found_jdk%"
set "arguments=%*"
cd /d "%root%"
call mvn %arguments:~4%
exit /b %errorlevel%

rem Builds the modules in %1, with commas between them.
:build
where mvn >nul 2>nul
if errorlevel 1 (
  echo lanewise: must be built first, and mvn is not on the PATH; install Maven 3.8 or newer 1>&2
  exit /b 1
)
if exist "%model%" (
  echo lanewise: building ... 1>&2
) else (
  echo lanewise: building, about a minute ... 1>&2
)
if not exist "%root%\target" mkdir "%root%\target"
set "JAVA_HOME=%found_jdk%"
call mvn -B -q -f "%root%\pom.xml" -pl %~1 -Dlanewise.quick package >"%log%" 2>&1 <nul
if errorlevel 1 (
  type "%log%" 1>&2
  echo lanewise: the build failed; all of its output is in "%log%" 1>&2
  exit /b 1
)
rem Makes the next full build compile again, with the checks that this one left out.
for %%M in (kernels model bench) do if exist "%root%\%%M\target\maven-status" rmdir /s /q "%root%\%%M\target\maven-status"
exit /b 0

rem Sets found_jdk to %1 if that is a Java that is new enough and none was found before.
:suits
if defined found_jdk goto :eof
if not exist "%~1\bin\java.exe" goto :eof
if not exist "%~1\release" goto :eof
for /f "tokens=2 delims==. " %%R in ('findstr /b "JAVA_VERSION=" "%~1\release"') do (
  if %%~R0 geq %wanted%0 set "found_jdk=%~f1"
)
goto :eof
