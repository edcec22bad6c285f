#!/usr/bin/env pwsh
# A thin front: ./build.ps1 build | test | publish | package. Everything it does is a target of build/pgrepl.proj, so without PowerShell:
#   dotnet msbuild build/pgrepl.proj -t:Publish
param([ValidateSet('build', 'test', 'publish', 'package')] [string] $Word = 'build')

dotnet msbuild "$PSScriptRoot/build/pgrepl.proj" "-t:$Word"
exit $LASTEXITCODE
