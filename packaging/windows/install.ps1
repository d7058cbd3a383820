<#
.SYNOPSIS
Installs the Remit agent without a word, enrolls this machine and starts the service.

.DESCRIPTION
For a start-up script of a group policy, for Intune (as a Win32 app or a platform
script), or for a person. It can be run as often as you like: a machine that is
enrolled is left as it is.

The token is read from a file, never from the command line. A copy that this script
makes is readable by administrators and the system alone, and deleted whatever comes
of it; the file it was read from is yours to protect.

Exit codes: 0 done; 2 to 6 as `remit-agent enroll` says; 1 anything else; 3010 the
installer asks for a restart.

.PARAMETER Package
The installer (.msi), or the program alone (.exe).

.PARAMETER TokenFile
The file that has the token: a path, also of a share that the computer may read.

.PARAMETER RetryFor
How long to keep trying to enroll, as in 15m.

.PARAMETER Uninstall
Stops the agent and takes it away. What it remembers stays unless -Purge is given.

.PARAMETER Purge
With -Uninstall: delete identity, spool and settings, too.

.EXAMPLE
powershell.exe -NoProfile -ExecutionPolicy RemoteSigned -File install.ps1 -Package \\files\remit\remit-agent-VERSION-x64.msi -TokenFile \\files\remit\hq.token

.EXAMPLE
powershell.exe -NoProfile -File install.ps1 -Uninstall -Package \\files\remit\remit-agent-VERSION-x64.msi
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)][string]$Package,
    [string]$TokenFile = '',
    [ValidatePattern('^[0-9]+(ms|s|m|h|d)$')][string]$RetryFor = '15m',
    [switch]$Uninstall,
    [switch]$Purge
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Programs = Join-Path $env:ProgramFiles 'Remit'
$Program = Join-Path $Programs 'remit-agent.exe'
$Data = Join-Path $env:ProgramData 'Remit'
$Service = 'remit-agent'

function Test-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal($identity)
    return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# Runs a program and gives its exit code. Arguments are quoted here, because
# Start-Process joins them with blanks and quotes nothing.
function Invoke-Program([string]$Path, [string[]]$Arguments) {
    $quoted = $Arguments | ForEach-Object { if ($_ -match '[\s"]') { '"' + $_.Replace('"', '\"') + '"' } else { $_ } }
    $process = Start-Process -FilePath $Path -ArgumentList $quoted -NoNewWindow -Wait -PassThru
    return $process.ExitCode
}

function Invoke-Installer([string[]]$Arguments) {
    $code = Invoke-Program (Join-Path $env:SystemRoot 'System32\msiexec.exe') ($Arguments + @('/qn', '/norestart'))
    # 1605: it is not installed. 3010: a restart is needed to finish.
    if (@(0, 1605, 3010) -notcontains $code) {
        Write-Error "msiexec failed with $code" -ErrorAction Continue
        exit 1
    }
    return $code
}

function Test-Enrolled {
    return Test-Path -LiteralPath (Join-Path $Data 'agent\identity\current')
}

# A copy that administrators and the system alone may read, at no time readable
# by anybody else: the folder gets its list before the file is in it.
function New-PrivateFolder {
    $folder = Join-Path $Data ('enroll-' + [Guid]::NewGuid().ToString('N'))
    New-Item -ItemType Directory -Path $folder -Force | Out-Null
    $list = New-Object System.Security.AccessControl.DirectorySecurity
    $list.SetAccessRuleProtection($true, $false)
    foreach ($who in @('S-1-5-18', 'S-1-5-32-544')) {
        $sid = New-Object System.Security.Principal.SecurityIdentifier($who)
        $rule = New-Object System.Security.AccessControl.FileSystemAccessRule($sid, 'FullControl', 'ContainerInherit,ObjectInherit', 'None', 'Allow')
        $list.AddAccessRule($rule)
    }
    Set-Acl -LiteralPath $folder -AclObject $list
    return $folder
}

function Install-Agent {
    if ($Package -like '*.msi') {
        return Invoke-Installer @('/i', $Package)
    }
    New-Item -ItemType Directory -Path $Programs -Force | Out-Null
    if ($null -ne (Get-Service -Name $Service -ErrorAction SilentlyContinue)) {
        Stop-Service -Name $Service -Force
    }
    Copy-Item -LiteralPath $Package -Destination $Program -Force
    return 0
}

function Register-Machine {
    if ($TokenFile -eq '') {
        Write-Error 'this machine is not enrolled yet: give -TokenFile' -ErrorAction Continue
        exit 2
    }
    $folder = New-PrivateFolder
    try {
        $copy = Join-Path $folder 'token'
        Copy-Item -LiteralPath $TokenFile -Destination $copy
        $code = Invoke-Program $Program @('enroll', '--token-file', $copy, '--retry-for', $RetryFor)
    }
    finally {
        Remove-Item -LiteralPath $folder -Recurse -Force
    }
    if ($code -ne 0) {
        Write-Error "remit-agent enroll failed with $code" -ErrorAction Continue
        exit $code
    }
}

function Start-Agent {
    if ($null -eq (Get-Service -Name $Service -ErrorAction SilentlyContinue)) {
        $code = Invoke-Program $Program @('service', 'install')
        if ($code -ne 0) {
            Write-Error "remit-agent service install failed with $code" -ErrorAction Continue
            exit 1
        }
    }
    if ((Get-Service -Name $Service).Status -ne 'Running') {
        Start-Service -Name $Service
    }
}

function Uninstall-Agent {
    $code = 0
    if ($Package -like '*.msi') {
        $code = Invoke-Installer @('/x', $Package)
    }
    elseif (Test-Path -LiteralPath $Program) {
        if ($null -ne (Get-Service -Name $Service -ErrorAction SilentlyContinue)) {
            Invoke-Program $Program @('service', 'uninstall') | Out-Null
        }
        Remove-Item -LiteralPath $Program -Force
    }
    if ($Purge -and (Test-Path -LiteralPath $Data)) {
        Remove-Item -LiteralPath $Data -Recurse -Force
    }
    return $code
}

if (-not (Test-Administrator)) {
    Write-Error 'this takes an administrator, or the system' -ErrorAction Continue
    exit 1
}
if ($Uninstall) {
    if ($PSCmdlet.ShouldProcess($env:COMPUTERNAME, 'remove the Remit agent')) {
        exit (Uninstall-Agent)
    }
    exit 0
}
if ($PSCmdlet.ShouldProcess($env:COMPUTERNAME, 'install and enroll the Remit agent')) {
    $code = Install-Agent
    if (-not (Test-Enrolled)) {
        Register-Machine
    }
    Start-Agent
    exit $code
}
