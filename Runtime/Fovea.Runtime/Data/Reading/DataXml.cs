using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Fovea.Data.Reading;

/// <summary>Annotation files in XML, bounded: a tree is built of small files without deep nesting only.</summary>
internal static class DataXml
{
    // An annotation file nests four deep; trees of a hundred thousand take half a minute to build.
    private const int MostDepth = 32;
    private const long MostBytes = 64L << 20;

    /// <summary>The root element of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="problem">Why there is none; null where there is one.</param>
    /// <exception cref="DatasetException">It cannot be read at all.</exception>
    public static XElement? Load(string file, out string? problem)
    {
        var bytes = DataFile.Read(file, "a VOC annotation file", MostBytes);
        problem = null;
        try
        {
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
            using (var reader = XmlReader.Create(new MemoryStream(bytes), settings))
            {
                while (reader.Read())
                {
                    if (reader.Depth > MostDepth)
                    {
                        problem = $"expected elements at most {MostDepth} deep, found deeper ones in line {((IXmlLineInfo)reader).LineNumber}";
                        return null;
                    }
                }
            }

            using var again = XmlReader.Create(new MemoryStream(bytes), settings);
            return XDocument.Load(again).Root!;
        }
        catch (XmlException e)
        {
            problem = $"expected well-formed XML, found an error in line {e.LineNumber}, position {e.LinePosition}: {DataFile.Shorten(e.Message)}";
        }
        catch (Exception e) when (e is DecoderFallbackException or ArgumentException or NotSupportedException or InvalidOperationException)
        {
            problem = $"expected well-formed XML, found bytes that cannot be read as text: {DataFile.Shorten(e.Message)}";
        }

        return null;
    }
}
