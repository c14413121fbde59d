using System.Globalization;
using System.Text;
using Fovea.Cuda;

namespace Fovea.TestSupport;

/// <summary>Reads a launch's arguments by the kernel's signature.</summary>
internal static unsafe class RecordedArguments
{
    /// <summary>The arguments as "name: value, …"; <paramref name="place"/> names addresses and refuses bad ones.</summary>
    public static string Format(KernelSignature kernel, void** arguments, Func<ulong, string> place)
    {
        var text = new StringBuilder();
        for (var i = 0; i < kernel.Parameters.Length; i++)
        {
            var parameter = kernel.Parameters[i];
            text.Append(i == 0 ? "" : ", ").Append(parameter.Name).Append(": ").Append(Format(parameter.Type, arguments[i], place));
        }

        return text.ToString();
    }

    private static string Format(KernelType type, void* argument, Func<ulong, string> place) => type switch
    {
        KernelType.Int => (*(int*)argument).ToString(CultureInfo.InvariantCulture),
        KernelType.Long => (*(long*)argument).ToString(CultureInfo.InvariantCulture),
        KernelType.Float => (*(float*)argument).ToString("R", CultureInfo.InvariantCulture),
        KernelType.Double => (*(double*)argument).ToString("R", CultureInfo.InvariantCulture),
        _ => *(ulong*)argument == 0 ? "null" : place(*(ulong*)argument),
    };
}
