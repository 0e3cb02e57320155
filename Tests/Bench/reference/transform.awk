# Records of XML, one element a line, as lines of CSV.
/<Transaction>/ { row = ""; next }
/<\/Transaction>/ { print substr(row, 2); row = ""; next }
/<\/?(LoyaltyAccount|PointOfInteraction)>/ { next }
/<LoyaltyAmount |<SaleAmount / { split($0, part, /["<>]/); row = row "," part[3] "," part[5]; next }
/<LoyaltyAccountId / { split($0, part, /[<>]/); row = row "," part[3]; next }
match($0, />[^<]*</) { row = row "," substr($0, RSTART + 1, RLENGTH - 2) }
/<\/GroupHeader>/ { row = "" }
